"""Run Muon in single precision, on all matrices of one shape at once.

torch's own works in bfloat16: on a processor that only imitates it, a step took ten times the pass before it.
"""

import torch


class Muon(torch.optim.Muon):
    """Update as ``torch.optim.Muon`` does (Jordan et al. 2024) with ``adjust_lr_fn="match_rms_adamw"``."""

    def __init__(self, params, lr, weight_decay, momentum):
        super().__init__(params, lr=lr, weight_decay=weight_decay, momentum=momentum, adjust_lr_fn="match_rms_adamw")

    @torch.no_grad()
    def step(self):
        """Update every matrix once; they have gradients."""
        for group in self.param_groups:
            by_shape = {}
            for parameter in group["params"]:
                by_shape.setdefault(parameter.shape, []).append(parameter)
            for shape, parameters in by_shape.items():
                updates = orthogonal(torch.stack([self._direction(p, group["momentum"]) for p in parameters]), group)
                rate = group["lr"] * 0.2 * max(shape) ** 0.5
                for parameter, update in zip(parameters, updates):
                    parameter.mul_(1 - group["lr"] * group["weight_decay"]).sub_(update, alpha=rate)

    def _direction(self, parameter, momentum):
        """Return the gradient led on by its running mean (Nesterov)."""
        state = self.state[parameter]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(parameter.grad)
        mean = state["momentum_buffer"].lerp_(parameter.grad, 1 - momentum)
        return parameter.grad.lerp(mean, momentum)


def orthogonal(matrices, group):
    """Return matrices (n, rows, columns) of nearly the same directions whose singular values all lie near 1.

    Newton-Schulz iterations with the coefficients of ``group``; a tall matrix is worked on lying down.
    """
    a, b, c = group["ns_coefficients"]
    tall = matrices.shape[1] > matrices.shape[2]
    made = matrices.mT if tall else matrices
    made = made / made.norm(dim=(1, 2), keepdim=True).clamp(min=group["eps"])
    for _ in range(group["ns_steps"]):
        gram = made @ made.mT
        made = torch.baddbmm(made, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), made, beta=a)
    return made.mT if tall else made
