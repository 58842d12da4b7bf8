/** The library's module for browsers is a third of the usual one, and comes without types of its own. */
declare module 'simple-keyboard/build/index.modern.esm.js' {
  export { default } from 'simple-keyboard';
}
