"""Blocks and whole runs as OLX and back, by the blocks' own import and export."""

from __future__ import annotations

from fs.memoryfs import MemoryFS
from lxml import etree
from opaque_keys.edx.keys import CourseKey

from .content import ROOT_ID, ContentTree, publish_unit
from .models import DRAFT
from .runtime import StudioRuntime


def block_olx(block) -> str:
    """One block's OLX in one piece. Blocks that export into a file of their own are put back into one element."""
    runtime = block.runtime
    before, runtime.export_fs = runtime.export_fs, MemoryFS()
    try:
        node = etree.Element("unknown", nsmap=None)
        block.add_xml_to_node(node)
        path = f"{block.scope_ids.block_type}/{block.scope_ids.usage_id.block_id}.xml"
        if runtime.export_fs.exists(path):
            node = etree.fromstring(runtime.export_fs.readbytes(path))
    finally:
        runtime.export_fs = before
    if block.scope_ids.block_type == "html":
        # Its text goes into a file beside the OLX; the platform's own serializer puts it back in the same way.
        node.attrib.pop("filename", None)
        node.text = etree.CDATA(block.data)
    node.attrib.pop("url_name", None)
    etree.cleanup_namespaces(node)
    return etree.tostring(node, encoding="unicode", pretty_print=True).strip()


def add_olx(tree: ContentTree, olx: str, parent: str, *, user=None) -> str:
    """Add one block with all below it from OLX to a draft tree (not saved); its block id. ValueError if unreadable."""
    assert tree.branch == DRAFT
    runtime = StudioRuntime(tree.course_key, user, is_staff=True, tree=tree)
    before = set(tree.nodes)
    try:
        root = etree.fromstring(olx.strip().encode(), etree.XMLParser(remove_comments=True, resolve_entities=False))
        key = runtime._usage_id_from_node(root, tree.usage_key(parent))
    except Exception as error:
        for block_id in set(tree.nodes) - before:
            tree.nodes.pop(block_id)
        raise ValueError(f"this OLX cannot be read: {error}") from error
    siblings = tree.nodes[parent].children
    if key.block_id not in siblings:
        siblings.append(key.block_id)
    return key.block_id


def export_run(course_key: CourseKey) -> str:
    """A run's draft branch in one piece of OLX: every block below its root under its own id, with the fields it has."""
    tree = ContentTree.load(course_key, DRAFT)
    runtime = StudioRuntime(course_key, None, is_staff=True, tree=tree)
    return block_olx(runtime.get_block(tree.usage_key(ROOT_ID)))


def import_run(course_key: CourseKey, olx: str, *, by: int = 0) -> None:
    """Put what :func:`export_run` gave in the place of all that a run holds, and publish every unit, as Studio does.

    Blocks keep their ids. What the run had besides is gone.
    """
    tree = ContentTree.load(course_key, DRAFT)
    for section in list(tree.nodes[ROOT_ID].children):
        tree.remove(section)
    for section in etree.fromstring(olx):
        add_olx(tree, etree.tostring(section, encoding="unicode"), ROOT_ID)
    tree.save()
    for unit in [node.block_id for node in tree.below(ROOT_ID) if node.block_type == "vertical"]:
        publish_unit(course_key, unit, by=by)
