"""Checks pages of 'report --format=html': check_markup.py FILE...

Elements are closed in order, ids are unique and referred to, nothing is loaded or run, each picture is well-formed XML and
has a name, each table has a caption and headers, and each scroll container can have the focus. Prints what is wrong.
"""
import re
import sys
import xml.etree.ElementTree
from html.parser import HTMLParser

VOID = {"meta", "br"}
LOADS = {"src", "srcset", "data", "poster", "background", "action", "formaction", "style"}


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.ids, self.references, self.wrong, self.headings = [], [], [], [], []

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if tag not in VOID:
            self.open.append(tag)
        self.look(tag, found)

    def handle_startendtag(self, tag, attributes):
        self.look(tag, dict(attributes))

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.wrong.append(f"</{tag}> closes {self.open[-1:]}")
        else:
            self.open.pop()

    def look(self, tag, found):
        if tag in ("script", "link", "img", "iframe", "object", "embed", "base", "form"):
            self.wrong.append(f"<{tag}>")
        for name, value in found.items():
            if name.startswith("on") or name in LOADS or (name == "href" and not value.startswith("#")):
                self.wrong.append(f"{tag} has {name}={value}")
        if "id" in found:
            self.ids.append(found["id"])
        if found.get("href", "").startswith("#"):
            self.references.append(found["href"][1:])
        self.references += found.get("aria-labelledby", "").split()
        if "scroll" in found.get("class", "").split() and (found.get("tabindex") != "0" or not found.get("aria-label")):
            self.wrong.append("a scroll container cannot have the focus, or has no name")
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))


def check(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    page = Page()
    page.feed(text)
    page.close()
    wrong = page.wrong
    if page.open:
        wrong.append(f"not closed: {page.open}")
    wrong += [f"id {each} is not unique" for each in set(page.ids) if page.ids.count(each) > 1]
    wrong += [f"{each} is referred to, and does not exist" for each in page.references if each not in page.ids]
    if page.headings[:1] != [1] or page.headings.count(1) != 1:
        wrong.append("there is not one first heading")
    wrong += [f"heading {b} follows {a}" for a, b in zip(page.headings, page.headings[1:]) if b > a + 1]
    for needed in ('<html lang="en">', "default-src 'none'; style-src 'unsafe-inline'", 'name="viewport"'):
        if needed not in text:
            wrong.append(f"{needed} is missing")
    for picture in re.findall("<svg.*?</svg>", text, re.S):
        root = xml.etree.ElementTree.fromstring(picture)
        if root.get("role") != "img" or not root.find("{http://www.w3.org/2000/svg}title").text:
            wrong.append("a picture has no role or no name")
    for table in re.findall("<table>.*?</table>", text, re.S):
        if "<caption>" not in table or '<th scope="col">' not in table or '<th scope="row">' not in table:
            wrong.append("a table has no caption or no headers")
    for planted in ("Hunter2", "\u202e", "\ufffe"):
        if planted in text:
            wrong.append(f"{planted!r} is in it")
    return wrong


status = 0
for name in sys.argv[1:]:
    for line in check(name):
        print(f"{name}: {line}")
        status = 1
sys.exit(status)
