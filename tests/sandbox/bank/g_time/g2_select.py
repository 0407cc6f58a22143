# row: G2
# attack: waits for nothing
# problem: stdio
# verdict: time_limit
# wall: 1.5
import select
select.select([], [], [])
