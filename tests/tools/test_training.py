"""A training that is broken off and resumed ends as one that was not; rates and matrices are as promised."""

import json

import optimisation
import pytest
import small_models
import torch
import train_models
from muon import Muon, orthogonal
from tasks import CausalTask, MaskedTask

FOUR_STEPS = 4 * 4_000


@pytest.fixture(autouse=True)
def small_and_on_one_thread(monkeypatch):
    """Train two layers of the heads' number, a quarter as wide: as much of a training as a test needs."""
    monkeypatch.setattr(small_models, "LAYERS", 2)
    monkeypatch.setattr(small_models, "HIDDEN", 48)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def trainer(task_type, tokenizer, splits, work, total):
    work.mkdir(exist_ok=True)
    torch.manual_seed(5)
    task = task_type(tokenizer, splits, seed=2)
    return train_models.Trainer(task, task.build(tokenizer).train(), tokenizer, total, work)


@pytest.mark.parametrize("kind", ["bert", "gpt2"])
def test_a_resumed_training_ends_with_the_same_weights(kind, bert_tokenizer, gpt2_tokenizer, splits, tmp_path):
    """Stopped after two steps and resumed in a fresh trainer: every weight is the same number."""
    task_type, tokenizer = (MaskedTask, bert_tokenizer) if kind == "bert" else (CausalTask, gpt2_tokenizer)
    straight = trainer(task_type, tokenizer, splits, tmp_path / "straight", FOUR_STEPS)
    assert straight.run()

    first = trainer(task_type, tokenizer, splits, tmp_path / "broken", FOUR_STEPS)
    step = first.step

    def stop_after_two(batches):
        first.stopped = first.progress["step"] == 1
        return step(batches)

    first.step = stop_after_two
    assert not first.run() and first.progress["step"] == 2

    second = trainer(task_type, tokenizer, splits, tmp_path / "broken", FOUR_STEPS)
    second.resume()
    assert second.run()
    assert {k: v for k, v in second.progress.items() if k != "seconds"} == {
        k: v for k, v in straight.progress.items() if k != "seconds"
    }
    for name, weight in straight.model.state_dict().items():
        assert torch.equal(weight, second.model.state_dict()[name]), name


def test_the_model_learns_and_its_snapshot_opens(bert_tokenizer, splits, tmp_path):
    from transformers import AutoModelForMaskedLM

    run = trainer(MaskedTask, bert_tokenizer, splits, tmp_path / "work", FOUR_STEPS)
    run.measure(float("nan"))
    assert run.run()
    run.measure(float("nan"))
    before, after = [json.loads(line) for line in (tmp_path / "work" / "log.jsonl").read_text().splitlines()]
    assert after["held_out"]["stories"]["loss"] < before["held_out"]["stories"]["loss"] - 0.5
    model = AutoModelForMaskedLM.from_pretrained(tmp_path / "work" / "snapshot")
    assert model.dtype == torch.float16


def test_the_rate_warms_up_stays_and_falls_to_nothing():
    factors = [optimisation.rate_factor(tokens, 600_000, 1_000_000) for tokens in (0, 149_999, 300_000, 599_999)]
    assert factors == [pytest.approx(1 / 300_000), 0.5, 1.0, 1.0]
    assert [optimisation.rate_factor(tokens, 600_000, 1_000_000) for tokens in (800_000, 1_000_000)] == [0.5, 0.0]


def test_a_training_that_goes_on_from_a_finished_one_may_have_lower_rates():
    """The usual peaks are 0.004 (matrices of layers) and what the task says (the rest): here a quarter of either."""
    stack = torch.nn.ModuleDict({"layers": torch.nn.ModuleList([torch.nn.Linear(4, 4)])})
    model = torch.nn.ModuleDict({"model": stack, "head": torch.nn.Linear(4, 2)})
    optimisers = optimisation.make_optimisers(model, 2e-3, (0.9, 0.98), share=0.25)
    optimisation.set_rate(optimisers, 0.5)
    assert [[group["lr"] for group in optimiser.param_groups] for optimiser in optimisers] == [[5e-4], [2.5e-4, 2.5e-4]]


def test_another_budget_goes_on_from_before_the_decay(tmp_path):
    """A rate that has already gone down cannot be taken back: the state before it is taken."""
    progress = {"tokens": 90, "decay_start": 72, "total": 100}
    torch.save({"progress": progress}, tmp_path / "latest.pt")
    torch.save({"progress": progress | {"tokens": 72}}, tmp_path / "constant.pt")
    assert optimisation.choose_checkpoint(tmp_path, 100).name == "latest.pt"
    assert optimisation.choose_checkpoint(tmp_path, 200).name == "constant.pt"
    assert optimisation.choose_checkpoint(tmp_path / "nothing", 100) is None


@pytest.mark.parametrize("shape", [(24, 40), (40, 24), (30, 30)])
def test_an_update_has_the_directions_of_its_matrix_and_lengths_near_1(shape):
    """Against U V^T of the singular value decomposition; five steps leave the lengths between 0.6 and 1.3."""
    matrix = torch.randn(3, *shape, generator=torch.Generator().manual_seed(1))
    group = Muon([torch.nn.Parameter(matrix[0])], lr=1e-3, weight_decay=0.0, momentum=0.9).param_groups[0]
    made = orthogonal(matrix, group)
    lengths = torch.linalg.svdvals(made)
    left, _values, right = torch.linalg.svd(matrix, full_matrices=False)
    assert lengths.min() > 0.6 and lengths.max() < 1.3
    likeness = torch.nn.functional.cosine_similarity(made.flatten(1), (left @ right).flatten(1))
    assert likeness.min() > 0.97


def test_a_step_is_torchs_own_but_for_its_precision():
    """torch.optim.Muon works in bfloat16; after one step the two differ by no more than that."""
    start = torch.randn(32, 48, generator=torch.Generator().manual_seed(2))
    gradient = torch.randn(32, 48, generator=torch.Generator().manual_seed(3))
    options = {"lr": 0.1, "weight_decay": 0.05, "momentum": 0.95}
    moved = []
    for make in (Muon, lambda ps, **o: torch.optim.Muon(ps, adjust_lr_fn="match_rms_adamw", **o)):
        parameter = torch.nn.Parameter(start.clone())
        parameter.grad = gradient.clone()
        make([parameter], **options).step()
        moved.append(parameter.detach() - start)
    assert torch.nn.functional.cosine_similarity(*(m.flatten() for m in moved), dim=0) > 0.995
    assert moved[0].norm() == pytest.approx(moved[1].norm().item(), rel=0.05)
