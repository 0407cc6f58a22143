# row: C14
# attack: YES for yes
# problem: yes
# verdict: wrong_answer
# naive: lenient
print("YES")
