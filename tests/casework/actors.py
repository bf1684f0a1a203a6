"""The staff the tests act as."""

from casework import clock, staff
from casework.cases import Actor


def create_actor(db, name="Julie", role="adviser"):
    """Make an account, and return the one who acts."""
    person = staff.add_staff(
        db,
        email=f"{name.lower()}@ltk.invalid",
        name=name,
        role=role,
        password="lampe violin gryde torden",
        now=clock.now(),
    )
    return Actor(person.name, person.role, staff_id=person.id)
