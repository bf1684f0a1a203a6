"""What can go wrong in casework, in words. The web layer gives each its HTTP status."""


class CaseworkError(Exception):
    """A rule was broken; the text is Danish and may be shown."""


class NotFound(CaseworkError):
    """There is no such thing, or the one asking may not know that there is."""


class NotAllowed(CaseworkError):
    """The one asking may not do this."""


class InvalidState(CaseworkError):
    """The thing is not in a state where this can be done."""


class SlotTaken(CaseworkError):
    """The time asked for in the calendar is no longer free; the text says so."""

    def __init__(self, text: str = "Den tid er lige blevet taget. Vælg en anden.") -> None:
        super().__init__(text)


class InvalidInput(CaseworkError):
    """What was written cannot be used; the text says what to write instead.

    `fields` says it field by field, where there are several: name to text.
    """

    def __init__(self, text: str = "", fields: dict[str, str] | None = None) -> None:
        self.fields = dict(fields or {})
        super().__init__(text or " ".join(self.fields.values()))


class TooManyTries(CaseworkError):
    """Somebody has guessed too often; the text says when to try again."""


class ConfigurationError(CaseworkError):
    """The settings do not allow the system to start."""


class OutsideCalendar(CaseworkError):
    """A date lies outside the years whose holidays have been checked."""
