import '@fontsource-variable/inter/wght.css';
// In a layer, so that our own rules win wherever the build puts them.
import '@mantine/core/styles.layer.css';
import '@mantine/notifications/styles.layer.css';
import './theme/global.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { loadCatalogue, preferredLanguage } from './language/language.ts';

const root = document.getElementById('root');
if (root === null) throw new Error('the page has no root');
await loadCatalogue(preferredLanguage());
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
