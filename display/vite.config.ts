import { fileURLToPath } from 'node:url';
import vue from '@vitejs/plugin-vue';
import { defineConfig, type Plugin } from 'vite';

/**
 * What the screens take of the font packages. Noto Sans SC names each subset twice; every browser that runs these screens reads
 * woff2. Of HanaMin only the characters, from the package and not from what may be installed.
 */
function fonts(): Plugin {
  return {
    name: 'fonts',
    enforce: 'pre',
    transform(code, id) {
      if (/@fontsource.*\.css/.test(id))
        return { code: code.replace(/,\s*url\([^)]*\.woff\)\s*format\('woff'\)/g, ''), map: null };
      if (!/hanamin.*\.css/.test(id)) return null;
      const faces = (code.match(/@font-face\s*{[^}]*}/g) ?? []).filter((face) =>
        /\.CJK-(Unified|Compatibility)-Ideographs/.test(face),
      );
      return { code: faces.join('\n').replace(/local\([^)]*\),\s*/g, ''), map: null };
    },
  };
}

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/',
  plugins: [fonts(), vue()],
  define: {
    __VUE_OPTIONS_API__: false,
    __VUE_PROD_DEVTOOLS__: false,
    __VUE_I18N_FULL_INSTALL__: false,
    __VUE_I18N_LEGACY_API__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
    __INTLIFY_DROP_MESSAGE_COMPILER__: false,
  },
  build: {
    outDir: fileURLToPath(new URL('./dist', import.meta.url)),
    emptyOutDir: true,
    // What each page loads: a test weighs it.
    manifest: true,
    // The browsers of UOS and Kylin are years behind.
    target: ['chrome87', 'firefox84', 'safari14'],
    cssTarget: ['chrome87', 'firefox84', 'safari14'],
    assetsInlineLimit: 0,
    // Two servers, two pages: the hall's, and the far end's with no way to the hall's.
    rolldownOptions: {
      input: {
        index: fileURLToPath(new URL('./index.html', import.meta.url)),
        'far-end': fileURLToPath(new URL('./far-end.html', import.meta.url)),
      },
    },
  },
});
