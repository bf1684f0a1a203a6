"""Rate limits, shared by the routes that have one."""

from flask import Response
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

limiter = Limiter(key_func=get_remote_address)


def _wrong(response: Response) -> bool:
    return response.status_code in (404, 429)


# Wrong pairs of reference and code from one address, on all pages and for all references together. casework.own_case
# counts them for each reference besides, those of the chat too.
guesses = limiter.shared_limit("10 per minute; 60 per hour", scope="guesses", deduct_when=_wrong)
