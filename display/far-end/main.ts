/** The far end's page. It is served by the central server, stands alone and knows no other page. */
import { createApp } from 'vue';
import '@fontsource/noto-sans-sc/400.css';
import '@fontsource/noto-sans-sc/700.css';
import 'hanamin/HanaMin.css';
import '../tokens.css';
import { addMessages, i18n, speak } from '../messages/index.ts';
import en from '../messages/far-end.en.ts';
import zh from '../messages/far-end.zh-CN.ts';
import FarEndPage from './FarEndPage.vue';

addMessages('farEnd', { zh, en });
const kept = localStorage.getItem('hall.staff.language');
if (kept === 'zh' || kept === 'en') speak(kept);
createApp(FarEndPage).use(i18n).mount('#app');
