"""The demonstration: real controllers on virtual boards, a broker, and people who pass by.

`command` is where to begin reading: it runs the show. `scene` says what is built, `stage` and
`broker` start it, `world` moves the people, `boards` and `observer` bring back what the
controllers do, `screen` draws it.
"""
