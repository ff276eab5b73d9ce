"""What docs/performance.md says of each measure: a title, and a few sentences without figures of their own."""

HEAD = """\
# Performance

Written by `make bench` from `bench/results.json`; do not edit. `make bench ONLY=verdicts` takes one measure again,
`make bench LONG=1` those that take longer. Ratios are of figures from the same run, in turns; a figure is the
median of its runs, with the least and the most in brackets. The load average before each measure is told: where it
is far from zero others shared the machine, and what is in seconds says little.
"""

WORDS = {
    "front_door": (
        "Front door",
        """\
Signed orders of 7 kB at 1, 16 and 64 connections; a 200 only after the delivery is on disk (SQLite
`synchronous=FULL`, PostgreSQL `fsync=on`, Redis `appendfsync always`). Beside it what a Shopify developer would
pick (express, `@shopify/shopify-api`, BullMQ, two processes), and the same Flask route with one Celery publish per
request. The bare server keeps nothing: it shows what the server and the load can do at most. *CPU us* is the
processor time of the web processes for each delivery, without that of PostgreSQL or Redis.""",
    ),
    "verdicts": (
        "Verdicts",
        """\
From the delivery in the inbox to `matched` committed, by the workers as installed. The POS answers at once, from
text cut beforehand: what it costs is not the product's.""",
    ),
    "floor": (
        "Where the time goes",
        """\
One order in one thread, in microseconds of processor time. *Fold* opens the sealed body, reads it and writes the
order's row, five hundred at a time; *look* reads the POS's records of 99 orders, compares, judges and writes, in
one statement for all; *a look at one order alone* is nearly all that a look costs whatever it looks at: its lease,
two calls to the POS, its statements and four commits. The parts are measured alone. What no design can leave out is
the signature, the JSON and one row.""",
    ),
    "waiting": (
        "Waiting",
        """\
The whole service (web, worker, beat, broker) while webhooks come in at an even pace for ten shops, whose POS takes
a tenth of a second for each call. An order is due two minutes after it was placed, or on arrival when it comes
later. Below zero: a look at another order took it along before it was due, as one call serves all that are due
within three quarters of a minute.""",
    ),
    "waiting_ten_minutes": (
        "Waiting, for ten minutes",
        """\
The same, longer.""",
    ),
    "pos_cost": (
        "What it costs the POS",
        """\
Calls for a thousand orders, as the sandbox counts them. Full batches are 99 orders and the positive control. One
call per order is the naive way, measured with the same adapters. On a quiet day few orders share a look, so that
each costs more calls, and there are few of them. Lightspeed's *vendor's measure* is the drips of its bucket.""",
    ),
    "growth": (
        "Growth",
        """\
The same work in turns on two ledgers, the larger with a hundred times the past: matched orders of two years, each
with its delivery and its history. Purge drops the history that is older than a year. A search for a part of a name
or SKU passes those of every order, and the shops' counts a month of them; both are shown and have no target.""",
    ),
    "pages": (
        "Pages",
        """\
What a person waits for: each page of the web process as installed, asked for over HTTP by somebody who has signed in,
on a ledger of matched orders of two years and one incident that holds back two hundred. The search is for a part of a
name or SKU that no order has.""",
    ),
    "growth_ten_million": (
        "Growth, to ten million",
        """\
PostgreSQL alone, with a thousand times the past.""",
    ),
    "backlog": (
        "A backlog",
        """\
A hundred thousand deliveries of one shop are found waiting and worked off, on SQLite.""",
    ),
    "scale_out": (
        "Scale-out",
        """\
Fifty shops, the second with half as many orders as the first, the third with a third, and so on; one PostgreSQL,
one broker, a POS that takes a tenth of a second. All on this machine: the database, the broker and the POS share
its cores with the workers, so that more processes than cores only share them. The hosts are network namespaces.
RabbitMQ is Debian's, set by `REDIS_URL=amqp://…` alone.""",
    ),
    "host_killed": (
        "A host is gone",
        """\
Two hosts at work, one of them killed at once with all that runs on it. Its shops go on when their leases have run
out, three minutes after they were last renewed; all others go on at once.""",
    ),
}

SIZING = (
    "What this machine carries",
    """\
With two web processes, and on SQLite one worker, on PostgreSQL two, all on this machine with the database, the
broker and whatever made the load. Peaks are several times the average of a day; what
a tenth of the speed carries in a day leaves room for them, and for catching up after an outage.""",
)
SIZES = {  # database: its rows in the tables of the front door, of verdicts and of growth
    "SQLite": ("ours on SQLite", "50 shops, SQLite", "SQLite, 1,000,000 orders"),
    "PostgreSQL": ("ours on PostgreSQL", "50 shops, PostgreSQL, two workers", "PostgreSQL, 1,000,000 orders"),
}

# Said under a measure while it misses a target; true whatever the figures are.
IN_THE_WAY = {
    "front_door": """\
What stands in the way: a web process in Python computes on one core at a time. Of the processor time of a delivery the
server, the signature and the seal are the smaller part (*Where the time goes* has them alone); the rest is the row's
way into the database, a share of a commit that waits for the disk, and the threads' handing over to each other.
On SQLite the two web processes take turns at its one writer's lock; PostgreSQL works on the same two cores as the
processes that it serves. The floor is the signature, the seal and the row.""",
    "verdicts": """\
What stands in the way: a worker in Python computes on one core at a time, so that on SQLite, where one worker is the
rule, the second core does no more than the database's writing. What an order costs there beyond *fold and look*
(*Where the time goes*) is messages and looks that are not full: with fifty shops each order bears a larger share of
what a look costs whatever it looks at. On PostgreSQL the database, the broker and the POS work on the same two cores
as both workers, and every statement is a way there and back. The floor is one signature, one JSON and one row an
order; between it and what is measured lie the reading of both sides, the comparison, and the history that is kept of
every order.""",
    "waiting": """\
What stands in the way: the tick that finds what is due comes every two seconds where no webhook does, and a POS that
takes a tenth of a second for each call is asked twice in every look.""",
    "growth": """\
What stands in the way: every question goes along an index, which is a little deeper in a larger ledger; more than that
nothing grows. Each figure rests on a few hundred orders: where its least and most lie far apart, the machine's own
speed did.""",
    "pages": """\
What stands in the way: a statement reads both sides of every order of its days, and a search for a part of a name or
SKU passes the names and SKUs of ninety days, which lie together in an index. An
order whose whole name is given is found by it, however old it is.""",
}
