/** Type travels with the program: a hall has no internet. Split by character ranges, so a screen loads what it shows. */
import '@fontsource/noto-sans-sc/400.css';
import '@fontsource/noto-sans-sc/700.css';
// Rare characters of names and places, which Noto Sans SC lacks (U+20BB7, U+36C3): every other character up to Extension F.
import 'hanamin/HanaMin.css';
