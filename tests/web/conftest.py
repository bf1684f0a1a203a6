"""What the tests of the pages share."""

import pytest

from web import create_app


@pytest.fixture(scope="module")
def app(migrated):
    """The web application; a new one for each file, so that none meets the limits another has used up."""
    return create_app()
