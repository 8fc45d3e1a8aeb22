"""Trains the benchmark's networks with PyTorch on the GPU, as one would: eager, compiled, and as a CUDA graph.

`pytorch.py SPEC OUT` appends a line of JSON for each network, method and precision to OUT, until the time is over.
"""

import json
import os
import sys
import time

import torch
from torch import nn

# The losses of the first steps agree within this, relative. TF32 has the significand of float16, 13 bits less than float32.
TOLERANCE = {False: 1e-3, True: 1e-2}


class Task:
    """A network, its first weights and its batches, out of one file of float32: inputs, classes, then W and b of each layer."""

    def __init__(self, network, device):
        self.sizes, self.losses, rows = network["sizes"], network["losses"], network["rows"]
        layers = list(zip(self.sizes, self.sizes[1:]))
        shapes = [(rows, self.sizes[0]), (rows,), *(shape for i, o in layers for shape in ((o, i), (o,)))]
        count = os.path.getsize(network["file"]) // 4
        values = torch.from_file(network["file"], size=count, dtype=torch.float32).to(device)
        parts = values.split([torch.Size(shape).numel() for shape in shapes])
        inputs, classes, *self.first = [part.view(shape) for part, shape in zip(parts, shapes)]
        self.batches = list(zip(inputs.split(network["batch"]), classes.long().split(network["batch"])))
        self.rate, self.device = network["learningRate"], device

    def start(self):
        """A model with the first weights, and its optimizer."""
        layers = [nn.Linear(i, o) for i, o in zip(self.sizes, self.sizes[1:])]
        modules = [module for layer in layers for module in (layer, nn.ReLU())][:-1]
        model = nn.Sequential(*modules).to(self.device)
        self.reset(model)
        return model, torch.optim.SGD(model.parameters(), lr=self.rate)

    @torch.no_grad()
    def reset(self, model):
        for parameter, value in zip(model.parameters(), self.first):
            parameter.copy_(value)


def epoch_of(task, optimizer, objective, update):
    """One step for each batch; gives the losses."""

    def epoch():
        losses = []
        for x, y in task.batches:
            optimizer.zero_grad(set_to_none=True)
            loss = objective(x, y)
            loss.backward()
            update()
            losses.append(loss.detach())
        return losses

    return epoch


def eager(task):
    model, optimizer = task.start()
    return model, epoch_of(task, optimizer, lambda x, y: nn.functional.cross_entropy(model(x), y), optimizer.step)


def compiled(task):
    model, optimizer = task.start()
    objective = torch.compile(lambda x, y: nn.functional.cross_entropy(model(x), y))
    return model, epoch_of(task, optimizer, objective, torch.compile(lambda: optimizer.step()))


def graphed(task):
    """All steps of an epoch as one CUDA graph, so that no step is launched from the CPU."""
    model, optimizer = task.start()
    epoch = epoch_of(task, optimizer, lambda x, y: nn.functional.cross_entropy(model(x), y), optimizer.step)
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            epoch()
    torch.cuda.current_stream().wait_stream(stream)
    optimizer.zero_grad(set_to_none=True)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        losses = epoch()

    def replay():
        graph.replay()
        return losses

    return model, replay


METHODS = {"eager": eager, "CUDA graph": graphed, "torch.compile": compiled}


def relative(got, expected):
    difference = abs(got - expected) / abs(expected)
    return difference if difference == difference else float("inf")


def measure(task, method, tf32):
    """Checks the first losses, then times rounds, each from the first weights on. Steps a second of each round."""
    torch.set_float32_matmul_precision("high" if tf32 else "highest")
    began = time.perf_counter()
    model, epoch = METHODS[method](task)
    task.reset(model)
    got = []
    while len(got) < len(task.losses):
        # Reading a loss waits for the GPU.
        got += [float(loss) for loss in epoch()]
        if len(got) == len(task.batches):
            first = time.perf_counter() - began
    worst = max(relative(*pair) for pair in zip(got, task.losses))
    if not worst <= TOLERANCE[tf32]:
        return {"fault": f"losses {got[:3]} ..., but chainrule has {task.losses[:3]} ..., {worst:.1e} apart"}

    def run(epochs):
        task.reset(model)
        float(next(model.parameters()).flatten()[0])
        start = time.perf_counter()
        for _ in range(epochs):
            losses = epoch()
        loss = float(losses[-1])
        return time.perf_counter() - start, loss

    least = SPEC["seconds"] / SPEC["rounds"]
    epochs, (seconds, _) = 1, run(1)
    while seconds < least / 3:
        epochs = int(epochs * min(8, least / 2 / max(seconds, 1e-4))) + 1
        seconds, _ = run(epochs)
    epochs = max(1, round(1.1 * epochs * least / seconds))
    steps = epochs * len(task.batches)
    rounds = [run(epochs) for _ in range(SPEC["rounds"])]
    losses = [loss for _, loss in rounds]
    if not all(relative(loss, losses[0]) <= 1e-2 for loss in losses):
        return {"fault": f"the rounds end with the losses {losses}"}
    return {
        "firstEpochSeconds": first,
        "agreement": {"judge": "chainrule", "steps": len(task.losses), "difference": worst},
        "stepsPerRound": steps,
        "loss": losses[-1],
        "rates": [steps / seconds for seconds, _ in rounds],
    }


def main(out):
    for method in METHODS:
        for network in SPEC["networks"]:
            task = Task(network, SPEC["device"])
            for tf32 in (False, True):
                if time.time() > SPEC["end"]:
                    return
                row = {"network": network["name"], "method": method, "tf32": tf32}
                try:
                    row |= measure(task, method, tf32)
                except Exception as error:
                    row["fault"] = f"{type(error).__name__}: {str(error).strip()[:300]}"
                label = f"  {row['network']}, {method}, TF32 {'on' if tf32 else 'off'}:"
                print(label, row.get("fault") or row["rates"], flush=True)
                out.write(json.dumps(row) + "\n")
                out.flush()
                if method == "torch.compile":
                    torch._dynamo.reset()


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf8") as spec:
        SPEC = json.load(spec)
    with open(sys.argv[2], "a", encoding="utf8") as out:
        main(out)
