"""Why work behind a page ended with nothing, where the work itself could not say."""

from __future__ import annotations

from ctxcore import CtxError, StoppedError
from ctxcore.models.reasons import reason
from dashboard.offered import without_paths


class TakesTooLongError(StoppedError):
    """Work was ended because it took longer than the server's owner allows."""

    def __init__(self, what: str, most: int) -> None:
        CtxError.__init__(
            self,
            f"One question may take {most:,} seconds on this server.",
            f"one that took longer; it had come to: {what}",
            "Ask about fewer or shorter sentences, or a smaller model; what is measured by now is kept.",
        )


class UnforeseenError(CtxError):
    """Work failed for a reason that nobody foresaw: what was raised, in one line. The log holds the rest."""

    def __init__(self, error: BaseException) -> None:
        why = without_paths(reason(error))
        super().__init__(
            "This could not be computed, for a reason that nobody foresaw.",
            f"{type(error).__name__}: {why}" if why else type(error).__name__,
            "Try again, or choose something else; what you typed is kept. The log of the server says where it happened.",
        )
