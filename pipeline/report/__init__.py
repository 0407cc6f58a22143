"""What a person reads of a run: the table on the console and report.html, from the run directory alone.

series holds a run's numbers, run_claims its four sentences, results the console's text, page the HTML document, figures
its pictures. It may import stages and what is below. Nothing here imports a plug-in or starts Ray. To add a figure,
write a function of manifests or series that returns `html_figure(title, picture, caption)`, and name it in
`figures.pictures`; say in the caption what is drawn, and draw nothing if there is nothing.
"""
