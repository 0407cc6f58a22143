# row: L5
# attack: none: two processes of multiprocessing, joined by a pipe
# problem: split stdio
# verdict: accepted
import multiprocessing
def double(x, end):
    end.send(2 * x)
def f(x):
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=double, args=(x, there))
    process.start()
    got = here.recv()
    process.join()
    return [x, got]
if __name__ == "__main__":
    try:
        print(*f(int(input())))
    except EOFError:
        pass
