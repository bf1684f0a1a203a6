"""What the tests of the pages share."""

import threading
from contextlib import contextmanager

import pytest
from werkzeug.serving import make_server

from casework import availability
from tests.web.people import account, address
from web import create_app


@pytest.fixture(scope="module")
def app(migrated):
    """The web application; a new one for each file, so that none meets the limits another has used up."""
    return create_app()


@pytest.fixture
def people(db):
    """Two advisers, a reader and an administrator, and nobody else."""
    db.commit()
    for name, role in (("Anna", "adviser"), ("Bo", "adviser"), ("Dina", "reader"), ("Carl", "administrator")):
        account(name, role)


@pytest.fixture
def client(app, db):
    """A citizen with an address of her own, an adviser's usual hours, and an empty calendar."""
    availability.seed(db)
    db.commit()
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = address()
    return client


@contextmanager
def served(app):
    """Serve an application over real HTTP, and give its address; the assistant is not there."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture(scope="module")
def site(app):
    """The address of the web application over real HTTP."""
    with served(app) as address:
        yield address
