const THEMES = ['light', 'dark', 'projector', 'contrast'];

/** Takes the theme from the address: `?theme=projector`. Without one, or with a stranger, the system decides. */
export function applyTheme(search: string = location.search): void {
  const theme = new URLSearchParams(search).get('theme') ?? '';
  if (THEMES.includes(theme)) document.documentElement.dataset.theme = theme;
}
