import { createApp } from 'vue';
import { RouterView } from 'vue-router';
// Type travels with the program: a hall has no internet. Split by character ranges, so a screen loads what it shows.
import '@fontsource/noto-sans-sc/400.css';
import '@fontsource/noto-sans-sc/700.css';
// Rare characters of names and places, which Noto Sans SC lacks (U+20BB7, U+36C3): every other character up to Extension F.
import 'hanamin/HanaMin.css';
import './tokens.css';
import { i18n } from './messages/index.ts';
import { router } from './router.ts';

// A menu, a drag or a pinch is a way out of a public screen.
for (const gesture of ['contextmenu', 'dragstart', 'gesturestart'])
  addEventListener(gesture, (event) => {
    if (document.documentElement.dataset.public !== undefined) event.preventDefault();
  });

createApp(RouterView).use(i18n).use(router).mount('#app');
