"""Makes a page that shows another one in a frame: frame.py PAGE LOOK.JS WIDTH HEIGHT OUTPUT

A window of Chromium is at least 500 pixels wide; a frame is as narrow as a phone. What LOOK.JS tells becomes the attributes
data-looked and data-wrong of the outer page.
"""
import html
import re
import sys

page, script, width, height, output = sys.argv[1:]
with open(page, encoding="utf-8") as file:
    inner = re.sub("<meta http-equiv=\"Content-Security-Policy\"[^>]*>", "", file.read(), count=1)
with open(script, encoding="utf-8") as file:
    inner = inner.replace("</body>", f"<script>{file.read()}</script></body>")
with open(output, "w", encoding="utf-8") as file:
    file.write(f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>frame</title>
<style>body {{ margin: 0 }} iframe {{ border: 0; display: block }}</style>
<script>addEventListener('message', told => {{
  document.documentElement.dataset.looked = told.data.looked;
  document.documentElement.dataset.wrong = told.data.wrong;
}});</script></head>
<body><iframe width="{width}" height="{height}" srcdoc="{html.escape(inner)}"></iframe></body></html>
""")
