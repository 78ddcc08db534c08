"""The Tutor plugin: builds the image with this package, sets its settings, migrates, and keeps sessions settled.

Imported by Tutor on the operator's machine, where neither Django nor Open edX is; so it imports nothing of ours.

Configuration (``tutor config save --set NAME=value``):

* ``ASSESSPREP_REQUIREMENT``: what pip installs into the image; the version of the plugin itself unless set.
* ``ASSESSPREP_SETTINGS``: our settings, as a mapping: ``{"ASSESSPREP_CODE_LENGTH": 6}``.
* ``ASSESSPREP_RUN_SETTLE``: whether a container runs ``assessprep_settle`` every minute; true unless your own cron does.
"""

from importlib.metadata import version

from tutor import hooks

DEFAULTS = {
    "REQUIREMENT": f"assessprep-xblock=={version('assessprep-xblock')}",
    "SETTINGS": {},
    "RUN_SETTLE": True,
}

DOCKERFILE = """\
{% if ASSESSPREP_REQUIREMENT -%}
# Common assessments
RUN --mount=type=cache,target=/openedx/.cache/pip,sharing=shared \\
    ${PIP_COMMAND:-pip} install '{{ ASSESSPREP_REQUIREMENT }}'
{%- endif %}"""

SETTINGS = """\
{% for name, value in ASSESSPREP_SETTINGS.items() -%}
{{ name }} = {{ value.__repr__() }}
{% endfor %}"""

LOCAL = """\
{% if ASSESSPREP_RUN_SETTLE -%}
assessprep-settle:
  image: {{ DOCKER_IMAGE_OPENEDX }}
  environment:
    SERVICE_VARIANT: lms
    DJANGO_SETTINGS_MODULE: lms.envs.tutor.production
  command: ["bash", "-c", "while true; do ./manage.py lms assessprep_settle; sleep 60; done"]
  restart: unless-stopped
  volumes:
    - ../apps/openedx/settings/lms:/openedx/edx-platform/lms/envs/tutor:ro
    - ../apps/openedx/settings/cms:/openedx/edx-platform/cms/envs/tutor:ro
    - ../apps/openedx/config:/openedx/config:ro
  depends_on:
    - lms
{%- endif %}"""

K8S = """\
{% if ASSESSPREP_RUN_SETTLE -%}
---
apiVersion: batch/v1
kind: CronJob
metadata:
  name: assessprep-settle
  labels:
    app.kubernetes.io/name: assessprep-settle
spec:
  schedule: "* * * * *"
  concurrencyPolicy: Forbid
  successfulJobsHistoryLimit: 1
  failedJobsHistoryLimit: 3
  jobTemplate:
    spec:
      backoffLimit: 0
      activeDeadlineSeconds: 600
      template:
        spec:
          restartPolicy: Never
          securityContext:
            runAsUser: 1000
            runAsGroup: 1000
          containers:
            - name: assessprep-settle
              image: {{ DOCKER_IMAGE_OPENEDX }}
              args: ["./manage.py", "lms", "assessprep_settle"]
              env:
                - name: SERVICE_VARIANT
                  value: lms
                - name: DJANGO_SETTINGS_MODULE
                  value: lms.envs.tutor.production
              volumeMounts:
                - mountPath: /openedx/edx-platform/lms/envs/tutor/
                  name: settings-lms
                - mountPath: /openedx/edx-platform/cms/envs/tutor/
                  name: settings-cms
                - mountPath: /openedx/config
                  name: config
              securityContext:
                allowPrivilegeEscalation: false
          volumes:
            - name: settings-lms
              configMap:
                name: openedx-settings-lms
            - name: settings-cms
              configMap:
                name: openedx-settings-cms
            - name: config
              configMap:
                name: openedx-config
{%- endif %}"""

#: The LMS and Studio share one database: one of them migrates.
INIT = "./manage.py lms migrate assessprep\n./manage.py lms assessprep_doctor || true\n"

hooks.Filters.CONFIG_DEFAULTS.add_items([(f"ASSESSPREP_{name}", value) for name, value in DEFAULTS.items()])
hooks.Filters.ENV_PATCHES.add_items(
    [
        ("openedx-dockerfile-post-python-requirements", DOCKERFILE),
        ("openedx-common-settings", SETTINGS),
        ("local-docker-compose-services", LOCAL),
        ("k8s-deployments", K8S),
    ]
)
hooks.Filters.CLI_DO_INIT_TASKS.add_item(("lms", INIT))
