"""What operators may set, as Open edX's tools read it. Made from ``conf.py`` by ``make docs``."""

# .. setting_name: ASSESSPREP_LMS
# .. setting_default: 'assessprep_xblock.lms.edxapp.EdxApp'
# .. setting_description: Dotted path of the class that speaks to the learning platform. Only the embedded LMS and tests
#   choose another. Allowed: a non-empty string.

# .. setting_name: ASSESSPREP_SEARCH_RESULT_PROCESSOR
# .. setting_default: 'search.result_processor.SearchResultProcessor'
# .. setting_description: Dotted path of the class that is asked about a result of courseware search once the gate lets
#   it through. Set by the plugin itself to what SEARCH_RESULT_PROCESSOR was before. Allowed: a non-empty string.

# .. setting_name: ASSESSPREP_CODE_LENGTH
# .. setting_default: 4
# .. setting_description: Digits of a session code. Four can be read aloud and typed by anyone; a course run with
#   thousands of live sessions needs more. Codes already given keep their length. Allowed: a whole number from 4 to 8.

# .. setting_name: ASSESSPREP_WRONG_TRIES
# .. setting_default: 5
# .. setting_description: Wrong codes one learner may type in one course run within the window before the answer is 429.
#   Counted per person, so nobody can lock a class out. Allowed: a whole number from 1 to 1000.

# .. setting_name: ASSESSPREP_WRONG_TRIES_WINDOW
# .. setting_default: 300
# .. setting_description: Seconds in which wrong tries are counted together. Allowed: a whole number from 10 to 86400.

# .. setting_name: ASSESSPREP_GUEST_RUNS
# .. setting_default: ()
# .. setting_description: Course runs into which people without an account may come as guests, by name and code. Off
#   while it is empty. Name only runs made for it: a guest gets a throw-away account that is enrolled in the run.
#   Allowed: a list of keys of course runs.

# .. setting_name: ASSESSPREP_GUEST_EMAIL_DOMAIN
# .. setting_default: 'guests.invalid'
# .. setting_description: Domain of the e-mail addresses of such accounts. Nobody may be able to receive mail there;
#   names that end in .invalid are reserved for that (RFC 2606). Allowed: a non-empty string.

# .. setting_name: ASSESSPREP_GUEST_HOURS
# .. setting_default: 12
# .. setting_description: Hours after which a guest's browser is signed out in any case; it can come back with its PIN.
#   The session's own window ends it sooner. Allowed: a whole number from 1 to 168.

# .. setting_name: ASSESSPREP_GUEST_WRONG_TRIES
# .. setting_default: 30
# .. setting_description: Wrong codes and PINs that may come from one network address in one course run within the
#   window of ASSESSPREP_WRONG_TRIES_WINDOW. A whole school may stand behind one address, so it is more than one
#   person's tries. Allowed: a whole number from 5 to 10000.

# .. setting_name: ASSESSPREP_CODE_QUARANTINE
# .. setting_default: 86400
# .. setting_description: Seconds a code rests after its session lets go of it, so that yesterday's code opens nobody
#   else's session. Allowed: a whole number from 0 to 31536000.

# .. setting_name: ASSESSPREP_CODE_SPACE_LIMIT
# .. setting_default: 0.9
# .. setting_description: Share of all codes of a course run that may be in use or resting. Beyond it publishing is
#   refused with a clear error, because guessing becomes easy and finding a free code slow. Allowed: a number from 0.01
#   to 1.

# .. setting_name: ASSESSPREP_BEAT_SECONDS
# .. setting_default: 20
# .. setting_description: Seconds between two heartbeats of a student's page in quiet times. Sets the load: 1,000
#   students at 20 s are 50 requests a second. Allowed: a whole number from 2 to 120.

# .. setting_name: ASSESSPREP_BEAT_SECONDS_URGENT
# .. setting_default: 5
# .. setting_description: Seconds between two heartbeats while something is about to happen: waiting to be let in,
#   paused, the last minutes. Allowed: a whole number from 1 to 60.

# .. setting_name: ASSESSPREP_NOTICE_CACHE_SECONDS
# .. setting_default: 5
# .. setting_description: Seconds a session's notice number may be answered from the cache. A pause reaches the screens
#   within one heartbeat plus this; results never depend on it. 0 asks the database every time. Allowed: a whole number
#   from 0 to 60.

# .. setting_name: ASSESSPREP_DRAFT_MAX_BYTES
# .. setting_default: 65536
# .. setting_description: Largest saved draft of one question, in bytes of JSON. Larger ones are refused and nothing is
#   stored. Allowed: a whole number from 1024 to 1048576.

# .. setting_name: ASSESSPREP_MARK_STEP
# .. setting_default: 0.25
# .. setting_description: Points that a person gives are multiples of this, so that nobody types 3.3333 and totals can
#   be checked by hand. A question's full points are always allowed. Allowed: a number from 0.01 to 10.

# .. setting_name: ASSESSPREP_MARKING_LEASE
# .. setting_default: 120
# .. setting_description: Seconds a submission is kept for the grader who has it open; their page renews it. Shorter
#   frees what was left open sooner, longer bridges worse connections. A colleague can take over at any time. Allowed: a
#   whole number from 30 to 3600.

# .. setting_name: ASSESSPREP_SETTLE_BATCH
# .. setting_default: 500
# .. setting_description: Attempts ended, or touched by one bulk action, in one transaction. Larger holds row locks
#   longer. Allowed: a whole number from 1 to 5000.

# .. setting_name: ASSESSPREP_ANALYSIS_AT_ONCE
# .. setting_default: 5000
# .. setting_description: Submissions that an analysis may hold and still be made while somebody waits (about half a
#   second). Larger ones are prepared by a Celery task, with progress, and told with the time they are of. Allowed: a
#   whole number from 0 to 100000.
