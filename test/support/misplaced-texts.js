// Runs in a page: every text that overlaps another, leaves the page, or is smaller than the floor on the screen.
(floor) => {
  const clipped = (element) =>
    element !== null &&
    (getComputedStyle(element).clipPath === 'inset(50%)' || clipped(element.parentElement));
  const visible = (element) => {
    // Folded away, or only for those who have the page read to them.
    if (!element.checkVisibility() || clipped(element)) return false;
    const { visibility, opacity } = getComputedStyle(element);
    const { width, height } = element.getBoundingClientRect();
    return visibility !== 'hidden' && opacity !== '0' && width >= 2 && height >= 2;
  };
  const sizeOf = (element) => {
    const svg = element instanceof SVGElement ? element.closest('svg') : null;
    const scale = svg?.viewBox.baseVal.width
      ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width
      : 1;
    return Number.parseFloat(getComputedStyle(element).fontSize) * scale;
  };
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (node.data.trim() === '' || parent.closest('script,style,.vh,[hidden]') || !visible(parent)) continue;
    texts.push({ node, text: node.data.trim().slice(0, 40), px: sizeOf(parent) });
  }
  const boxes = texts.flatMap(({ node, text }) => {
    const range = document.createRange();
    range.selectNodeContents(node);
    return [...range.getClientRects()].map((box) => ({ text, box, slack: box.height * 0.18 }));
  });
  const apart = (a, b) =>
    a.box.left >= b.box.right - 1 ||
    b.box.left >= a.box.right - 1 ||
    a.box.top + a.slack >= b.box.bottom - b.slack - 1 ||
    b.box.top + b.slack >= a.box.bottom - a.slack - 1;
  return [
    ...texts
      .filter(({ px }) => px < floor - 0.05)
      .map(({ text, px }) => `small, ${px.toFixed(1)} px: ${text}`),
    ...boxes
      .filter(({ box }) => box.right > innerWidth + 1 || box.left < -1)
      .map(({ text }) => `outside: ${text}`),
    ...boxes.flatMap((a, index) =>
      boxes.slice(index + 1).flatMap((b) => (apart(a, b) ? [] : [`overlap: "${a.text}" x "${b.text}"`])),
    ),
  ];
};
