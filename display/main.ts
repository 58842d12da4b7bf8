import { createApp } from 'vue';
import { RouterView } from 'vue-router';
import './fonts.ts';
import './tokens.css';
import { loadLettersForTrouble } from './letters.ts';
import { i18n } from './messages/index.ts';
import { router } from './router.ts';

// A menu, a drag or a pinch is a way out of a public screen.
for (const gesture of ['contextmenu', 'dragstart', 'gesturestart'])
  addEventListener(gesture, (event) => {
    if (document.documentElement.dataset.public !== undefined) event.preventDefault();
  });

createApp(RouterView).use(i18n).use(router).mount('#app');
addEventListener('load', loadLettersForTrouble, { once: true });
