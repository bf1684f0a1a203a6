"""gunicorn: one process, many threads; the turns wait for Rasa, not for the processor."""

from casework.settings import current

bind = f"0.0.0.0:{current().port}"
workers = 1
worker_class = "gthread"
threads = 48
timeout = 60
graceful_timeout = 5
accesslog = None
loglevel = "warning"
