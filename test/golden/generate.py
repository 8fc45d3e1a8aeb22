#!/usr/bin/env python3
"""Golden values for the trainer, from independent libraries (CPU, float64).

Run:       python3 generate.py [OUTDIR]      (OUTDIR: this folder by default; about 5 s)
Needs:     PyTorch, scikit-learn, NumPy. Written with Debian 12's python3-torch (reports
           1.13.0a0) and python3-sklearn (1.2.1); use the interpreter that sees those.
Writes:    gradients.json, trajectories.json, sklearn.json, worked-example.json,
           learning-rate.json, migration.json. A run differs from the last only in provenance.date.

The numbers are the library's own (autograd, torch.optim, MLPClassifier, lr_scheduler); what
this file works out itself is marked: J in sklearn.json, `ours` in learning-rate.json. The
NumPy code in section 1 is a second, hand-written version of the project's formulas; it only
checks the library (to 1e-12, relative to the larger of 1 and the value) and stops the
script when they disagree.

Convention: W is [out, in], b is [out], a batch X is [B, d]; Z = H W^T + b, h = phi(z), o = the
last h. L = SUM over the batch of the per-sample loss; s = lambda/2 * sum of W^2 (no biases);
J = L + s. softmaxCrossEntropy takes o as logits and integer labels; halfSquared is
1/2 sum_j (o_j - y_j)^2.
"""
import datetime
import json
import math
import os
import sys
import warnings

import numpy as np
import sklearn
import torch
import torch.nn.functional as F
from sklearn.neural_network import MLPClassifier, MLPRegressor

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
warnings.filterwarnings("ignore")  # scheduler.step(epoch) deprecation, sklearn batch clipping

OUT = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
TOL = 1e-12

# ------------------------------------------------------------------ 1. hand-written check
PHI = {
    "identity": (lambda z: z, lambda z, h: np.ones_like(z)),
    "relu": (lambda z: np.maximum(z, 0), lambda z, h: (z > 0) * 1.0),
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z, h: h * (1 - h)),
    "tanh": (np.tanh, lambda z, h: 1 - h * h),
}


def np_backprop(layers, X, target, loss, lam):
    """The project's formulas. layers: [{activation, W, b or None}] of arrays."""
    H, zs = [X], []
    for l in layers:
        zs.append(H[-1] @ l["W"].T + (0 if l["b"] is None else l["b"]))
        H.append(PHI[l["activation"]][0](zs[-1]))
    o = H[-1]
    if loss == "halfSquared":
        losses, do = ((o - target) ** 2).sum(1) / 2, o - target
    else:
        m = o.max(1, keepdims=True)
        lse = m + np.log(np.exp(o - m).sum(1, keepdims=True))
        rows = np.arange(len(o))
        losses, do = lse[:, 0] - o[rows, target], np.exp(o - lse)
        do[rows, target] -= 1
    grads, dh = [], do
    for k in reversed(range(len(layers))):
        l = layers[k]
        dz = dh * PHI[l["activation"]][1](zs[k], H[k + 1])
        gW = dz.T @ H[k]
        grads.insert(0, {"dz": dz, "dh": dh, "gW": gW, "dW": gW + lam * l["W"],
                         "db": None if l["b"] is None else dz.sum(0)})
        dh = dz @ l["W"]
    L = losses.sum()
    s = lam / 2 * sum((l["W"] ** 2).sum() for l in layers)
    return {"losses": losses, "L": L, "s": s, "J": L + s, "do": do, "dX": dh, "layers": grads}


def np_update(layers, grads, B, opt, state, t):
    """One update by the project's rules, in place; t counts from 1."""
    lr, lam = opt["learningRate"], opt["lambda"]
    lt = {"per-batch": lam, "per-step": lam * B, "decoupled": 0.0}[opt["decay"]]
    for k, l in enumerate(layers):
        for name in ("W", "b"):
            p = l[name]
            if p is None:
                continue
            g = (grads[k]["gW"] + lt * p if name == "W" else grads[k]["db"]) / B
            st = state.setdefault((k, name), {"v": np.zeros_like(p), "m": np.zeros_like(p)})
            if opt["type"] == "sgd":
                p -= lr * g
            elif opt["type"] == "momentum":
                st["v"] = opt["momentum"] * st["v"] + g
                p -= lr * st["v"]
            else:
                if opt["type"] == "adamw" and name == "W":
                    p *= 1 - lr * lam
                b1, b2 = opt["beta1"], opt["beta2"]
                st["m"] = b1 * st["m"] + (1 - b1) * g
                st["v"] = b2 * st["v"] + (1 - b2) * g * g
                p -= lr * (st["m"] / (1 - b1**t)) / (np.sqrt(st["v"] / (1 - b2**t)) + opt["epsilon"])


def diff(a, b):
    """Largest |a-b| / max(1, |b|) over two nested structures of the same shape."""
    if b is None:
        assert a is None
        return 0.0
    if isinstance(b, dict):
        return max(diff(a[k], b[k]) for k in b)
    if isinstance(b, list) and b and isinstance(b[0], dict):
        assert len(a) == len(b)
        return max(diff(x, y) for x, y in zip(a, b))
    a, b = np.asarray(a), np.asarray(b)
    assert a.shape == b.shape and np.isfinite(a).all() and np.isfinite(b).all(), (a, b)
    return float(np.max(np.abs(a - b) / np.maximum(1, np.abs(b))))


def check(what, d):
    print(f"  {what}: library against hand-written NumPy, largest difference {d:.1e}")
    if not d <= TOL:
        raise SystemExit(f"{what}: {d} > {TOL}")
    return d


# ------------------------------------------------------------------ 2. shared helpers
def provenance(*libs):
    mods = {"PyTorch": torch, "scikit-learn": sklearn, "NumPy": np}
    return {"library": " + ".join(libs), "version": " + ".join(mods[x].__version__ for x in libs),
            "script": "test/golden/generate.py", "date": datetime.date.today().isoformat(),
            "dtype": "float64"}


def plain(x):
    if isinstance(x, torch.Tensor):
        return x.detach().tolist()
    if isinstance(x, (np.ndarray, np.generic)):
        return x.tolist()
    if isinstance(x, dict):
        return {k: plain(v) for k, v in x.items()}
    if isinstance(x, (list, tuple)):
        return [plain(v) for v in x]
    return x


def dump(x, pad=""):
    """JSON, with each list of plain numbers on one line; floats as repr() (round-trips exactly)."""
    flat = lambda v: not isinstance(v, (dict, list)) or isinstance(v, list) and all(map(flat, v)) \
        and len(json.dumps(v)) < 300
    inner = pad + " "
    if not x or flat(x):
        return json.dumps(x, allow_nan=False)
    if isinstance(x, dict):
        rows = [f"{inner}{json.dumps(k)}: {dump(v, inner)}" for k, v in x.items()]
        return "{\n" + ",\n".join(rows) + f"\n{pad}}}"
    return "[\n" + ",\n".join(inner + dump(v, inner) for v in x) + f"\n{pad}]"


def write(name, data):
    text = dump(plain(data)) + "\n"
    assert json.loads(text) == plain(data)
    with open(os.path.join(OUT, name), "w", encoding="utf-8") as f:
        f.write(text)
    print(f"{name}: {len(text)} bytes")


def make_net(rng, sizes, activations, bias=True):
    """Random start, rounded to 4 decimals so that the inputs are short and exact to read."""
    return [{"activation": a, "W": rng.uniform(-1, 1, (o, i)).round(4),
             "b": rng.uniform(-0.5, 0.5, o).round(4) if bias else None}
            for i, o, a in zip(sizes, sizes[1:], activations)]


def make_data(rng, n, d, q, loss):
    X = rng.normal(size=(n, d)).round(4)
    return X, (rng.normal(size=(n, q)).round(4) if loss == "halfSquared" else rng.randint(q, size=n))


def named(loss, target):
    return {"Y" if loss == "halfSquared" else "labels": target}


def copy(layers):
    return [{**l, "W": np.array(l["W"]), "b": None if l["b"] is None else np.array(l["b"])}
            for l in layers]


def to_torch(layers):
    return [{"activation": l["activation"], "W": torch.tensor(l["W"], requires_grad=True),
             "b": None if l["b"] is None else torch.tensor(l["b"], requires_grad=True)} for l in layers]


ACT = {"identity": lambda z: z, "relu": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh}


def t_forward(net, X):
    h, zs, hs = X, [], []
    for l in net:
        zs.append(F.linear(h, l["W"], l["b"]))
        h = ACT[l["activation"]](zs[-1])
        hs.append(h)
    return zs, hs


def t_losses(o, target, loss):
    if loss == "halfSquared":
        return F.mse_loss(o, target, reduction="none").sum(1) / 2
    return F.cross_entropy(o, target, reduction="none")


def t_penalty(net, lam):
    return lam / 2 * sum((l["W"] ** 2).sum() for l in net)


def t_case(layers, X, target, loss, lam):
    """Forward values and, by torch.autograd, every gradient of L (gW) and of J = L + s (the rest)."""
    net, Xt, yt = to_torch(layers), torch.tensor(X, requires_grad=True), torch.tensor(target)
    zs, hs = t_forward(net, Xt)
    losses = t_losses(hs[-1], yt, loss)
    L, s = losses.sum(), t_penalty(net, lam)
    J = L + s
    grad = lambda y, xs: torch.autograd.grad(y, xs, retain_graph=True)
    Ws = [l["W"] for l in net]
    dzs, dhs, dWs, gWs = grad(J, zs), grad(J, hs), grad(J, Ws), grad(L, Ws)
    dbs = [None if l["b"] is None else grad(J, [l["b"]])[0] for l in net]
    out = {"forward": {"layers": [{"z": z, "h": h} for z, h in zip(zs, hs)], "o": hs[-1]},
           "losses": losses, "L": L, "s": s, "J": J,
           "gradients": {"do": grad(J, [hs[-1]])[0], "dX": grad(J, [Xt])[0],
                         "layers": [{"dz": a, "dh": b, "gW": c, "dW": d, "db": e}
                                    for a, b, c, d, e in zip(dzs, dhs, gWs, dWs, dbs)]}}
    if loss != "halfSquared":
        out["forward"]["p"] = torch.softmax(hs[-1], 1)
    out = plain(out)
    ref = np_backprop(layers, X, target, loss, lam)
    mine = {**{k: out[k] for k in ("losses", "L", "s", "J")}, **out["gradients"]}
    return out, diff(mine, ref)


# ------------------------------------------------------------------ 3. gradients.json
def gradients():
    H, C = "halfSquared", "softmaxCrossEntropy"
    specs = [  # name, sizes, activations, loss, lambda, bias
        ("linear-half", [3, 2], ["identity"], H, 0.0, True),
        ("linear-softmax-decay", [4, 3], ["identity"], C, 0.3, True),
        ("sigmoid-output-half", [2, 3, 2], ["sigmoid", "sigmoid"], H, 0.0, True),
        ("relu-half-nobias-decay", [3, 4, 2], ["relu", "identity"], H, 0.3, False),
        ("relu-softmax", [3, 5, 3], ["relu", "identity"], C, 0.0, True),
        ("tanh-relu-softmax-decay", [3, 4, 4, 3], ["tanh", "relu", "identity"], C, 0.3, True),
        ("sigmoid-tanh-softmax-nobias", [2, 3, 3, 4], ["sigmoid", "tanh", "identity"], C, 0.0, False),
        ("relu-sigmoid-identity-tanh-half-decay", [3, 4, 3, 3, 2],
         ["relu", "sigmoid", "identity", "tanh"], H, 0.3, True),
        ("tanh-sigmoid-relu-softmax-nobias-decay", [4, 3, 4, 3, 2],
         ["tanh", "sigmoid", "relu", "identity"], C, 0.3, False),
    ]
    cases, worst = [], 0.0

    def add(name, layers, X, target, loss, lam, bias):
        nonlocal worst
        out, d = t_case(layers, X, target, loss, lam)
        worst = max(worst, d)
        cases.append({"name": name, "loss": loss, "lambda": lam, "bias": bias, "X": X,
                      **named(loss, target), "layers": layers, **out})

    for i, (name, sizes, acts, loss, lam, bias) in enumerate(specs):
        rng = np.random.RandomState(100 + i)
        layers = make_net(rng, sizes, acts, bias)
        add(name, layers, *make_data(rng, 5, sizes[0], sizes[-1], loss), loss, lam, bias)

    # Two edge cases: z exactly 0 under relu (PyTorch's derivative there is 0), and logits of +-1000.
    net = [{"activation": "relu", "W": np.array([[1.0, -1.0], [2.0, 1.0]]), "b": np.zeros(2)},
           {"activation": "identity", "W": np.array([[1.5, -0.5]]), "b": np.array([0.25])}]
    X = np.array([[1.0, 1.0], [0.0, 0.0], [1.0, -2.0], [-1.0, -1.0], [2.0, 1.0]])
    add("edge-relu-at-zero", net, X, np.array([[1.0], [-1.0], [0.5], [0.0], [2.0]]), H, 0.0, True)
    net = [{"activation": "identity", "W": np.array([[1000.0], [-1000.0], [0.0]]), "b": np.zeros(3)}]
    X = np.array([[1.0], [-1.0], [1.0], [0.0], [0.001]])
    add("edge-large-logits", net, X, np.array([0, 0, 2, 1, 1]), C, 0.0, True)
    check("gradients", worst)
    write("gradients.json", {
        "provenance": provenance("PyTorch"),
        "notes": "torch.autograd. Batch-sum objective: gW is the gradient of L alone; do, dX, dz, dh, dW, "
                 "db are of J = L + s. layers[k].dh is with respect to that layer's own output h (for the "
                 "last layer, do); dX is with respect to the input. o is the last h (for "
                 "softmaxCrossEntropy: logits; forward.p is softmax(o)). b and db are null without bias.",
        "cases": cases})


# ------------------------------------------------------------------ 4. trajectories.json
KEEP, STEPS, BATCH = (1, 2, 3, 30), 30, 5


def t_train(problem, opt):
    net = to_torch(problem["layers"])
    X, y = torch.tensor(problem["X"]), torch.tensor(problem["target"])
    groups = [{"params": [l["W"] for l in net]},
              {"params": [l["b"] for l in net], "weight_decay": 0.0}]  # biases never decay
    lr, lam = opt["learningRate"], opt["lambda"]
    if opt["type"] in ("sgd", "momentum"):
        topt = torch.optim.SGD(groups, lr=lr, momentum=opt.get("momentum", 0.0))
    else:
        cls = torch.optim.Adam if opt["type"] == "adam" else torch.optim.AdamW
        topt = cls(groups, lr=lr, betas=(opt["beta1"], opt["beta2"]), eps=opt["epsilon"], weight_decay=0.0)
    run = {"L": [], "s": [], "params": {}}
    for t in range(1, STEPS + 1):
        rows = problem["batches"][(t - 1) % len(problem["batches"])]
        # per-batch: lambda/|B| of the batch at hand; per-step and decoupled: torch's own lambda
        topt.param_groups[0]["weight_decay"] = lam / len(rows) if opt["decay"] == "per-batch" else lam
        losses = t_losses(t_forward(net, X[rows])[1][-1], y[rows], problem["loss"])
        run["L"].append(losses.sum().item())
        run["s"].append(t_penalty(net, lam).item())
        topt.zero_grad()
        losses.mean().backward()
        topt.step()
        if t in KEEP:
            run["params"][str(t)] = plain([{"W": l["W"], "b": l["b"]} for l in net])
    return run


def np_train(problem, opt, steps=STEPS, keep=KEEP):
    layers, state = copy(problem["layers"]), {}
    run = {"L": [], "s": [], "params": {}}
    for t in range(1, steps + 1):
        rows = problem["batches"][(t - 1) % len(problem["batches"])]
        r = np_backprop(layers, problem["X"][rows], problem["target"][rows], problem["loss"], opt["lambda"])
        run["L"].append(r["L"])
        run["s"].append(r["s"])
        np_update(layers, r["layers"], len(rows), opt, state, t)
        if t in keep:
            run["params"][str(t)] = [{"W": l["W"].copy(), "b": l["b"].copy()} for l in layers]
    return run


def make_problem(seed, name, sizes, acts, loss):
    rng = np.random.RandomState(seed)
    layers = make_net(rng, sizes, acts)
    X, target = make_data(rng, 13, sizes[0], sizes[-1], loss)
    batches = [list(range(i, min(i + BATCH, 13))) for i in range(0, 13, BATCH)]
    return {"name": name, "loss": loss, "batchSize": BATCH, "batches": batches, "X": X,
            "target": target, "layers": layers}


def trajectories():
    problems = [
        make_problem(201, "4-5-3", [4, 5, 3], ["tanh", "identity"], "softmaxCrossEntropy"),
        make_problem(202, "3-4-2", [3, 4, 2], ["sigmoid", "identity"], "halfSquared")]
    sgd = {"type": "sgd", "learningRate": 0.2}
    mom = {"type": "momentum", "learningRate": 0.1, "momentum": 0.9}
    adam = {"type": "adam", "learningRate": 0.02, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}
    none, batch, step = [{"lambda": a, "decay": d} for a, d in
                         ((0.0, "per-batch"), (0.05, "per-batch"), (0.05, "per-step"))]
    opts = [{**sgd, **none}, {**sgd, **batch}, {**sgd, **step}, {**mom, **batch}, {**mom, **step},
            {**adam, **none}, {**adam, **batch}, {**adam, **step},
            {**adam, "type": "adamw", "lambda": 0.05, "decay": "decoupled"}]
    runs, worst = [], 0.0
    for p in problems:
        for o in opts:
            run = t_train(p, o)
            worst = max(worst, diff(run, np_train(p, o)))
            runs.append({"problem": p["name"], "optimizer": o, **run})
    check("trajectories", worst)
    for p in problems:
        p.update(named(p["loss"], p.pop("target")))
    write("trajectories.json", {
        "provenance": provenance("PyTorch"),
        "notes": "torch.optim SGD / Adam / AdamW on the MEAN loss of the batch; rows in fixed order, step t "
                 "(from 1) uses batches[(t-1) % 3], sizes 5, 5, 3. weight_decay of the weights' group: "
                 "lambda/|B| of that batch (per-batch), lambda (per-step; decoupled for adamw); 0 for "
                 "biases. L[t-1] and s[t-1] are taken before update t, L the batch SUM, s = lambda/2 sum W^2 "
                 "with the lambda given, whatever the decay mode. params[t] is after update t.",
        "steps": STEPS, "problems": problems, "runs": runs})


# ------------------------------------------------------------------ 5. sklearn.json
class StartedMLP(MLPClassifier):
    """MLPClassifier started from given parameters: only the initializer is replaced."""

    def _init_coef(self, fan_in, fan_out, dtype):
        l = self.start_[len(self.coefs_)]
        assert l["W"].shape == (fan_out, fan_in)
        return l["W"].T.astype(dtype), l["b"].astype(dtype)  # sklearn's W is [in, out]


def started(layers, **kw):
    clf = StartedMLP(hidden_layer_sizes=tuple(len(l["b"]) for l in layers[:-1]), solver="sgd",
                     activation="tanh", nesterovs_momentum=False, shuffle=False,
                     learning_rate="constant", random_state=0, tol=0.0, **kw)
    clf.start_ = layers
    return clf


def sk_params(clf):
    return [{"W": W.T.tolist(), "b": b.tolist()} for W, b in zip(clf.coefs_, clf.intercepts_)]


def sklearn_values():
    p = make_problem(301, "4-5-3", [4, 5, 3], ["tanh", "identity"], "softmaxCrossEntropy")
    p["target"][:3] = [0, 1, 2]  # every class is present
    lam, lr, updates, epochs = 0.5, 0.3, 6, 10
    runs, worst = [], 0.0
    for momentum in (0.0, 0.9):
        kw = dict(alpha=lam, learning_rate_init=lr, momentum=momentum)
        clf, ups = started(p["layers"], **kw), []
        opt = {"type": "momentum", "momentum": momentum, "learningRate": lr, "lambda": lam,
               "decay": "per-batch"}
        ref = np_train(p, opt, 3 * epochs, range(1, 3 * epochs + 1))
        for t in range(1, updates + 1):
            rows = p["batches"][(t - 1) % 3]
            clf.set_params(batch_size=len(rows))
            clf.partial_fit(p["X"][rows], p["target"][rows], classes=[0, 1, 2])  # exactly one update
            assert clf.out_activation_ == "softmax"
            ups.append({"rows": rows, "loss": clf.loss_, "J": clf.loss_ * len(rows), "params": sk_params(clf)})
            J = ref["L"][t - 1] + ref["s"][t - 1]
            worst = max(worst, diff(ups[-1]["params"], ref["params"][str(t)]), diff(ups[-1]["J"], J))
        # and the library's own mini-batch loop, whole epochs, batches of 5, 5, 3
        fit = started(p["layers"], batch_size=BATCH, max_iter=epochs, n_iter_no_change=10**6, **kw)
        fit.fit(p["X"], p["target"])
        assert fit.n_iter_ == epochs
        curve = [sum(ref["L"][3 * e + i] + ref["s"][3 * e + i] for i in range(3)) / 13 for e in range(epochs)]
        worst = max(worst, diff(sk_params(fit), ref["params"][str(3 * epochs)]), diff(fit.loss_curve_, curve))
        runs.append({"momentum": momentum, "updates": ups, "fit": {
            "epochs": epochs, "lossCurve": fit.loss_curve_, "params": sk_params(fit)}})
    d = check("sklearn", worst)
    # The check can fail: decay by lambda per step instead of lambda/|B| gives other parameters.
    other = diff(np_train(p, {**opt, "decay": "per-step"}, 3, (3,))["params"]["3"], ref["params"]["3"])
    assert other > 1e-3
    p.update(named(p["loss"], p.pop("target")))
    write("sklearn.json", {
        "provenance": provenance("scikit-learn"),
        "notes": "MLPClassifier(solver='sgd', alpha=lambda, nesterovs_momentum=False, shuffle=False, constant "
                 "rate), its _init_coef overridden to return the parameters given; W transposed to "
                 "[out, in]. updates: one partial_fit call per batch (one update each). fit: the "
                 "library's own loop over batches of 5, 5, 3. loss is sklearn's loss_ before the update = "
                 "(L + s)/|B| with s = alpha/2 sum W^2, J = loss*|B|; lossCurve[e] = sum of the epoch's J "
                 "over 13. momentum 0.9 is plain (v = 0.9 v - rate*g; W += v), which at a constant "
                 "rate is PyTorch's form. alpha agrees with the per-batch decay with the actual |B| (3 in the last batch).",
        "problem": {**p, "lambda": lam, "learningRate": lr, "decay": "per-batch"},
        "runs": runs,
        "check": {"against": "hand-written NumPy per-batch update (in the script)",
                  "tolerance": TOL, "maxRelativeDifference": d, "agrees": d <= TOL,
                  "perStepDecayWouldDifferBy": other}})


# ------------------------------------------------------------------ 6. worked-example.json
def worked_example():
    layers = [{"activation": "sigmoid", "W": np.array([[0.15, 0.20], [0.25, 0.30]]), "b": np.array([0.35, 0.35])},
              {"activation": "sigmoid", "W": np.array([[0.40, 0.45], [0.50, 0.55]]), "b": np.array([0.60, 0.60])}]
    X, Y, rate, updates = np.array([[0.05, 0.10]]), np.array([[0.01, 0.99]]), 0.5, 10000
    first, d = t_case(layers, X, Y, "halfSquared", 0.0)
    net, ref, Xt, Yt = to_torch(layers), copy(layers), torch.tensor(X), torch.tensor(Y)
    topt = torch.optim.SGD([l["W"] for l in net], lr=rate)  # biases are left out: frozen
    E, W = {}, {}
    for t in range(updates + 1):
        loss = t_losses(t_forward(net, Xt)[1][-1], Yt, "halfSquared").sum()
        r = np_backprop(ref, X, Y, "halfSquared", 0.0)
        if t in (0, 1, 2, 10, 100, 1000, updates):
            E[str(t)] = loss.item()
            W[str(t)] = plain([l["W"] for l in net])
            d = max(d, diff(E[str(t)], r["L"]), diff(W[str(t)][0], ref[0]["W"]), diff(W[str(t)][1], ref[1]["W"]))
        topt.zero_grad()
        loss.backward()
        topt.step()
        for l, g in zip(ref, r["layers"]):
            l["W"] -= rate * g["gW"]
    check("worked example", d)
    published = {"E0": 0.298371109, "E1": 0.291027774, "E10000": 3.51018778e-5,
                 "w1after1": 0.14978072, "w5after1": 0.35891648}
    found = {"E0": E["0"], "E1": E["1"], "E10000": E["10000"],
             "w1after1": W["1"][0][0][0], "w5after1": W["1"][1][0][0]}
    for k, v in published.items():
        assert float(f"{found[k]:.{8 if 'w' in k else 9}g}") == v, (k, found[k], v)
    write("worked-example.json", {
        "provenance": provenance("PyTorch"),
        "notes": "The 2-2-2 sigmoid example, half squared error, biases frozen. forward..gradients are at the "
                 "start (gradients.layers[k].db is given too, though it is not applied). E[t] and W[t] are "
                 "after t updates; W[t] lists the layers' W.",
        "loss": "halfSquared", "learningRate": rate, "frozenBiases": True, "X": X, "Y": Y,
        "layers": layers, **first, "E": E, "W": W, "published": published})


# ------------------------------------------------------------------ 7. learning-rate.json
def lr_values(base, make, n):
    opt = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=base)
    sched, out = make(opt), []
    for _ in range(n):
        out.append(opt.param_groups[0]["lr"])
        opt.step()
        sched.step()
    return out


def learning_rate():
    S = torch.optim.lr_scheduler
    steps, cosines, worst = [], [], 0.0
    for base, size, gamma, n in ((0.1, 3, 0.5, 12), (0.05, 10, 0.1, 35), (1.0, 1, 0.9, 20)):
        v = lr_values(base, lambda o: S.StepLR(o, size, gamma), n)
        worst = max(worst, max(abs(a / (base * gamma ** (t // size)) - 1) for t, a in enumerate(v)))
        steps.append({"base": base, "stepSize": size, "gamma": gamma, "values": v})
    for base, final, warm, total in ((0.1, 0.0, 0, 10), (0.1, 0.001, 4, 20), (0.5, 0.05, 1, 8), (0.02, 0.0, 5, 12)):
        def make(o):
            cos = lambda: S.CosineAnnealingLR(o, T_max=total - warm, eta_min=final)
            if not warm:
                return cos()
            # total_iters = warmup - 1: torch's factor at t is then (t+1)/warmup
            lin = S.LinearLR(o, start_factor=1 / warm, end_factor=1.0, total_iters=warm - 1)
            return S.SequentialLR(o, [lin, cos()], milestones=[warm])
        n = total + 4
        v = lr_values(base, make, n)
        ours = [base * (t + 1) / warm if t < warm else final if t >= total else
                final + (base - final) * (1 + math.cos(math.pi * (t - warm) / (total - warm))) / 2
                for t in range(n)]
        worst = max(worst, diff(v[:total + 1], ours[:total + 1]))
        assert min(v[total + 1:]) > final + 1e-6  # torch climbs again after t = steps; ours is held
        cosines.append({"base": base, "final": final, "warmup": warm, "steps": total,
                        "coincideThrough": total, "torch": v[:total + 1], "ours": ours,
                        "torchAfter": v[total + 1:]})
    check("learning rate", worst)
    write("learning-rate.json", {
        "provenance": provenance("PyTorch"),
        "notes": "step: StepLR, values[t] = base*gamma^floor(t/stepSize). cosine: SequentialLR(LinearLR("
                 "1/warmup, total_iters=warmup-1), CosineAnnealingLR(T_max=steps-warmup, eta_min=final), "
                 "milestone warmup); torch[t] and ours[t] coincide for t = 0..steps to about 1e-16 (torch "
                 "works by recurrence, so compare with a tolerance). They do not coincide for t > steps: "
                 "torch climbs again along the cosine (torchAfter, from t = steps+1), the project's "
                 "definition holds final. `ours` is the project's closed form, not torch's.",
        "step": steps, "cosine": cosines})


# ------------------------------------------------------------------ 8. migration.json
def t_migrate(problem, loss, opt, l2=0.0):
    """30 updates as a program of PyTorch takes them: one group of parameters, biases and all."""
    net = to_torch(problem["layers"])
    X, y = torch.tensor(problem["X"]), torch.tensor(problem["target"])
    params = [p for l in net for p in (l["W"], l["b"])]
    kw = {k: v for k, v in opt.items() if k != "type"}
    topt = {"SGD": torch.optim.SGD, "Adam": torch.optim.Adam, "AdamW": torch.optim.AdamW}[opt["type"]](params, **kw)
    for t in range(STEPS):
        rows = problem["batches"][t % len(problem["batches"])]
        o = t_forward(net, X[rows])[1][-1]
        value = {"MSELoss": F.mse_loss, "CrossEntropyLoss": F.cross_entropy,
                 "halfSquared": lambda a, b: t_losses(a, b, "halfSquared").mean()}[loss](o, y[rows])
        # regularizers.l2({ l2 }) of tfjs and keras.regularizers.L2(l2): l2 * sum of w^2, added to the mean loss
        value = value + l2 * sum((l["W"] ** 2).sum() for l in net)
        topt.zero_grad()
        value.backward()
        topt.step()
    return [{"W": l["W"], "b": l["b"]} for l in net]


def np_migrate(problem, loss, opt, l2=0.0):
    """The same by hand: what each library documents, with the gradient of its own loss."""
    layers, state = copy(problem["layers"]), {}
    k = len(problem["layers"][-1]["b"])
    scale = 2 / k if loss == "MSELoss" else 1.0  # of the gradient of 1/2 sum_j (o_j - y_j)^2
    kind = "softmaxCrossEntropy" if loss == "CrossEntropyLoss" else "halfSquared"
    lam = opt.get("weight_decay", 0.0)
    for t in range(1, STEPS + 1):
        rows = problem["batches"][(t - 1) % len(problem["batches"])]
        grads = np_backprop(layers, problem["X"][rows], problem["target"][rows], kind, 0.0)["layers"]
        for i, l in enumerate(layers):
            for name in ("W", "b"):
                p = l[name]
                g = scale * grads[i]["gW" if name == "W" else "db"] / len(rows)
                if name == "W":
                    g = g + 2 * l2 * p
                if opt["type"] != "AdamW":
                    g = g + lam * p
                st = state.setdefault((i, name), {"v": np.zeros_like(p), "m": np.zeros_like(p)})
                if opt["type"] == "SGD":
                    st["v"] = opt.get("momentum", 0.0) * st["v"] + g
                    p -= opt["lr"] * st["v"]
                    continue
                if opt["type"] == "AdamW":
                    p *= 1 - opt["lr"] * lam
                st["m"] = 0.9 * st["m"] + 0.1 * g
                st["v"] = 0.999 * st["v"] + 0.001 * g * g
                p -= opt["lr"] * (st["m"] / (1 - 0.9**t)) / (np.sqrt(st["v"] / (1 - 0.999**t)) + opt["eps"])
    return [{"W": l["W"], "b": l["b"]} for l in layers]


class StartedRegressor(MLPRegressor):
    """MLPRegressor started from given parameters, as StartedMLP."""

    _init_coef = StartedMLP._init_coef


def migration():
    problems = {
        "classes": make_problem(401, "4-5-3", [4, 5, 3], ["tanh", "identity"], "softmaxCrossEntropy"),
        "values": make_problem(402, "3-5-4", [3, 5, 4], ["tanh", "identity"], "halfSquared")}
    problems["classes"]["target"][:3] = [0, 1, 2]
    lam, l2 = 0.05, 0.03
    sgd, mom = {"type": "SGD", "lr": 0.2}, {"type": "SGD", "lr": 0.05, "momentum": 0.9}
    # An epsilon that tells: at 1e-8 one that is k/2 as large changes the 9th digit.
    adam, adamw = {"type": "Adam", "lr": 0.02, "eps": 1e-3}, {"type": "AdamW", "lr": 0.02, "eps": 1e-3}
    plain_, decayed = {}, {"weight_decay": lam}
    runs, worst = [], 0.0
    for name, loss in (("classes", "CrossEntropyLoss"), ("values", "MSELoss")):
        for opt in (sgd, mom, adam, adamw):
            for more in (plain_, decayed):
                o = {"weight_decay": 0.0, **opt, **more}
                params = t_migrate(problems[name], loss, o)
                worst = max(worst, diff(plain(params), np_migrate(problems[name], loss, o)))
                runs.append({"problem": name, "loss": loss, "optimizer": o, "l2": 0.0, "params": params})
    for name, loss in (("classes", "CrossEntropyLoss"), ("values", "MSELoss")):
        for opt in (sgd, mom, adam):
            o = {"weight_decay": 0.0, **opt}
            params = t_migrate(problems[name], loss, o, l2)
            worst = max(worst, diff(plain(params), np_migrate(problems[name], loss, o, l2)))
            runs.append({"problem": name, "loss": loss, "optimizer": o, "l2": l2, "params": params})
    check("migration", worst)

    alpha, rate, epochs, sk = 0.5, 0.1, 10, []
    for name, cls in (("classes", StartedMLP), ("values", StartedRegressor)):
        p = problems[name]
        for momentum in (0.0, 0.9):
            mlp = cls(hidden_layer_sizes=(5,), solver="sgd", activation="tanh", nesterovs_momentum=False, shuffle=False,
                      learning_rate="constant", random_state=0, tol=0.0, alpha=alpha, learning_rate_init=rate,
                      momentum=momentum, batch_size=BATCH, max_iter=epochs, n_iter_no_change=10**6)
            mlp.start_ = p["layers"]
            mlp.fit(p["X"], p["target"])
            assert mlp.n_iter_ == epochs
            opt = {"type": "momentum", "momentum": momentum, "learningRate": rate, "lambda": alpha, "decay": "per-batch"}
            check(f"migration, {cls.__name__}", diff(sk_params(mlp), np_train(p, opt)["params"]["30"]))
            sk.append({"problem": name, "estimator": cls.__base__.__name__, "alpha": alpha, "learning_rate_init": rate,
                       "momentum": momentum, "params": sk_params(mlp)})
    for p in problems.values():
        p.update(named(p["loss"], p.pop("target")))
    write("migration.json", {
        "provenance": provenance("PyTorch", "scikit-learn"),
        "notes": "What a program of another library does, for the tables of how to migrate. params are after 30 "
                 "updates, batches as in trajectories.json. torch: F.mse_loss (MEAN over rows and outputs) or "
                 "F.cross_entropy, torch.optim with one group of parameters, so that biases decay too. l2: "
                 "l2 * sum w^2 of the weights is added to the loss, as regularizers.l2({ l2 }) of "
                 "tfjs and keras.regularizers.L2 document it, and autograd takes its gradient. sklearn: "
                 "whole epochs of MLPClassifier and MLPRegressor, batches of 5, 5, 3.",
        "steps": STEPS, "problems": problems, "torch": runs, "sklearn": sk})


if __name__ == "__main__":
    gradients()
    trajectories()
    sklearn_values()
    worked_example()
    learning_rate()
    migration()
