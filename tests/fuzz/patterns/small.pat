# what the fuzz targets that need an engine work with
service small

macro  client     <host>\[<addr>\]

program */smtpd

rule each
    about   counts with every line
    match   NOQUEUE: reject: RCPT from <client>: 550
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 550 5.1.1 no

rule heavy
    about   counts double
    weight  2
    match   NOQUEUE: reject: RCPT from <client>: 554
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 554 5.7.1 no

rule once
    about   counts once a session
    session once
    match   improper command pipelining after [A-Z]{4} from <client>
    hit     192.0.2.7  improper command pipelining after DATA from unknown[192.0.2.7]

rule echo
    about   counts if nothing else of the session has
    session echo
    match   lost connection after [A-Z]{4} from <client>
    hit     192.0.2.7  lost connection after RCPT from unknown[192.0.2.7]

rule summary
    about   ends the session
    session summary
    match   disconnect from <client> auth=0/<count>
    hit     192.0.2.7  disconnect from unknown[192.0.2.7] auth=0/1

rule failed-login
    about   counts, unless there is an outage
    kind    failed-login
    match   failed login from <client>
    hit     192.0.2.7  failed login from unknown[192.0.2.7]

rule login
    about   makes a customer
    kind    login
    match   login from <client>
    hit     192.0.2.7  login from unknown[192.0.2.7]

rule unavailable
    about   nobody is to blame
    kind    outage
    match   cannot look up <client>
    hit     192.0.2.7  cannot look up unknown[192.0.2.7]

rule down
    about   the server speaks of itself
    kind    outage
    match   cannot look anybody up
    hit     -  cannot look anybody up
