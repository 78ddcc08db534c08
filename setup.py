"""The one place where this distribution is described."""

from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent

setup(
    name="assessprep-xblock",
    version="0.1.0",
    description="Session-enabled common assessments for Open edX courses",
    long_description=(HERE / "README.rst").read_text(encoding="utf-8"),
    long_description_content_type="text/x-rst",
    license="AGPL-3.0-or-later",
    python_requires=">=3.11",
    packages=find_packages(include=["assessprep_xblock", "assessprep_xblock.*"]),
    include_package_data=True,
    # Lower bounds only: inside Open edX the platform decides the versions.
    install_requires=[
        "Django>=4.2",
        "XBlock[django]>=5.2",
        "web-fragments",
        "celery>=5.3",
        "edx-opaque-keys[django]",
        "edx-django-utils",
        "edx-organizations",
        "openedx-events",
        "openedx-filters",
        "event-tracking",
        "djangorestframework",
        "drf-spectacular",
        "lxml",
        "segno",
        "numpy>=1.24",
        "XlsxWriter>=3.1",
    ],
    entry_points={
        "xblock.v1": [
            "assessprep = assessprep_xblock.block:AssessPrepXBlock",
            "assessprep_written = assessprep_xblock.written:WrittenXBlock",
        ],
        "lms.djangoapp": ["assessprep_xblock = assessprep_xblock.apps:AssessPrepConfig"],
        "cms.djangoapp": ["assessprep_xblock = assessprep_xblock.apps:AssessPrepConfig"],
        "openedx.course_tab": ["assessprep = assessprep_xblock.tabs:CommonAssessmentsTab"],
        "tutor.plugin.v1": ["assessprep = assessprep_xblock.tutor_plugin"],
    },
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Framework :: Django",
        "Framework :: Django :: 4.2",
        "Framework :: Django :: 5.2",
        "Intended Audience :: Education",
        "License :: OSI Approved :: GNU Affero General Public License v3 or later (AGPLv3+)",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
    ],
)
