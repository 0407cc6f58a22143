"""Libraries of the boxes with which BigCodeBench was measured: the versions in sandbox/README.md."""

PACKAGES = (
    *("matplotlib==3.10.7", "pandas==2.3.3", "scikit-learn==1.7.2", "scipy==1.16.3", "seaborn==0.13.2"),
    *("sortedcontainers==2.4.0", "sympy==1.14.0"),
)
