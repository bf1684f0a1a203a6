"""What is counted for operations. Never any text."""

from prometheus_client import Counter, Histogram

turns = Counter("vejviser_turns_total", "Turns by outcome", ["outcome"])
turn_seconds = Histogram(
    "vejviser_rasa_seconds", "Seconds Rasa took for a turn", buckets=(0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15)
)
cases_filed = Counter("vejviser_form_cases_total", "Cases filed through the plain form")
