"""A page that shows what edge-run sees, and metrics for Prometheus, from one small server.

address     where it listens, and who may look
view        the newest frame and what was found in it; encoded once however many look
metrics     counters and durations in Prometheus's format
health      whether the run gets on, and its source is there
app         the routes; page/ holds what the browser gets
guards      who may look
connections how many, and for how long
sink        the server's thread, and results into it
"""
