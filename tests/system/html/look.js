// Runs in a page of 'report --format=html', in a test's copy without its policy, in a frame of a page that frame.py makes. Tells
// that page what looks wrong: texts that overlap, lie outside of their picture, or are cut.
window.addEventListener('load', () => {
  const wrong = [];
  const root = document.documentElement;
  const inside = (inner, outer) =>
    inner.left >= outer.left - 1 && inner.right <= outer.right + 1 && inner.top >= outer.top - 1 && inner.bottom <= outer.bottom + 1;
  const apart = (one, other) =>
    one.right <= other.left + 1 || other.right <= one.left + 1 || one.bottom <= other.top + 1 || other.bottom <= one.top + 1;

  if (root.scrollWidth > root.clientWidth) wrong.push(`the page is ${root.scrollWidth} wide, the window ${root.clientWidth}`);
  for (const element of document.body.querySelectorAll('*')) {
    if (element.closest('svg, .scroll') || element.closest('.skip')) continue;
    if (element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).display !== 'inline')
      wrong.push(`<${element.localName}> is cut: ${element.textContent.slice(0, 60)}`);
  }
  for (const scroll of document.querySelectorAll('.scroll')) {
    if (scroll.scrollWidth > scroll.clientWidth) wrong.push(`${scroll.getAttribute('aria-label')} has to be scrolled`);
  }
  let shown = 0;
  for (const picture of document.querySelectorAll('svg')) {
    const frame = picture.getBoundingClientRect();
    if (frame.width === 0) continue;
    shown++;
    const texts = [...picture.querySelectorAll('text')].map(text => [text.textContent, text.getBoundingClientRect()]);
    for (const [text, box] of texts) if (!inside(box, frame)) wrong.push(`'${text}' leaves its picture`);
    texts.forEach(([text, box], i) => {
      for (const [other, otherBox] of texts.slice(i + 1)) if (!apart(box, otherBox)) wrong.push(`'${text}' and '${other}' overlap`);
    });
  }
  // The lines of the page's own text.
  const boxes = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (!node.textContent.trim() || node.parentElement.closest('svg, script, .skip')) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) if (box.width > 1) boxes.push([node.textContent.slice(0, 40), box]);
  }
  boxes.sort((a, b) => a[1].top - b[1].top);
  boxes.forEach(([text, box], i) => {
    for (let j = i + 1; j < boxes.length && boxes[j][1].top < box.bottom; j++)
      if (!apart(box, boxes[j][1]) && Math.min(box.bottom, boxes[j][1].bottom) - Math.max(box.top, boxes[j][1].top) > 4)
        wrong.push(`'${text}' and '${boxes[j][0]}' overlap`);
  });
  const scheme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  const looked = `${window.innerWidth} ${scheme}: ${shown} pictures, ${boxes.length} lines, ${root.scrollHeight} high`;
  parent.postMessage({looked, wrong: wrong.join('\n')}, '*');
});
