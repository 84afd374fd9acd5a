"""What gunicorn is given: a worker that no slow client holds, and its log in our lines."""
