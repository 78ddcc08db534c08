"""One breach of each rule: ``semgrep --test`` asks that it is found. Never imported, never shipped."""


def breaches(request, session, log, cursor, AssessmentSession, lms, query):
    # ruleid: no-html-from-text
    mark_safe("<b>")
    # ok: no-html-from-text
    format_html("<b>{}</b>", "text")
    # ruleid: no-html-from-text
    format_html(f"<b>{request}</b>")
    # ruleid: no-write-without-csrf
    csrf_exempt(breaches)
    # ruleid: no-sql-from-strings
    AssessmentSession.objects.raw("SELECT 1")
    # ruleid: no-sql-from-strings
    query.extra(where=["1"])
    # ruleid: no-sql-from-strings
    cursor.execute("SELECT %s" % session)
    # ok: no-sql-from-strings
    cursor.execute("SELECT 1")
    # ok: no-sql-from-strings
    AssessmentSession.objects.filter(pk=1)
    # ruleid: no-code-from-data
    eval("1")
    # ruleid: no-xml-with-entities
    ElementTree.fromstring("<a/>")
    # ruleid: no-redirect-out-of-a-request
    redirect(request.GET["next"])
    # ruleid: no-code-in-a-log
    log.warning("code %s", session.live_code)
    # ruleid: no-code-in-a-log
    raise Refusal("x", code=session.live_code)
    # ok: no-code-in-a-log
    log.warning("session %s", session.pk)
