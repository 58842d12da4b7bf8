/** The addresses. Each screen loads only its own code. */
import { createRouter, createWebHistory } from 'vue-router';
import { i18n } from './messages/index.ts';

declare module 'vue-router' {
  interface RouteMeta {
    /** which size the page is drawn for (tokens.css); staff: a computer or a phone */
    screen: 'kiosk' | 'board' | 'window' | 'staff';
    public: boolean;
    title: string;
  }
}

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    {
      path: '/',
      component: () => import('./start/StartPage.vue'),
      meta: { screen: 'staff', public: false, title: 'start.title' },
    },
    {
      path: '/kiosk',
      component: () => import('./kiosk/KioskPage.vue'),
      meta: { screen: 'kiosk', public: true, title: 'kiosk.title' },
    },
    {
      path: '/query',
      component: () => import('./query/QueryPage.vue'),
      meta: { screen: 'kiosk', public: true, title: 'start.query' },
    },
    {
      path: '/board',
      component: () => import('./board/BoardPage.vue'),
      meta: { screen: 'board', public: true, title: 'board.title' },
    },
    {
      path: '/window/:number(\\d+)',
      component: () => import('./window/WindowPage.vue'),
      props: (route) => ({ number: Number(route.params.number) }),
      meta: { screen: 'window', public: true, title: 'window.title' },
    },
    {
      path: '/t/:ticketId',
      component: () => import('./my-ticket/MyTicketPage.vue'),
      props: true,
      meta: { screen: 'staff', public: false, title: 'myTicket.title' },
    },
    {
      path: '/r/:token',
      component: () => import('./reason/ReasonPage.vue'),
      props: true,
      meta: { screen: 'staff', public: false, title: 'reason.title' },
    },
    {
      path: '/clerk',
      component: () => import('./clerk/ClerkPage.vue'),
      meta: { screen: 'staff', public: false, title: 'clerk.title' },
    },
    {
      path: '/technician',
      component: () => import('./technician/TechnicianPage.vue'),
      meta: { screen: 'staff', public: false, title: 'technician.title' },
    },
    {
      path: '/manager',
      component: () => import('./manager/ManagerPage.vue'),
      meta: { screen: 'staff', public: false, title: 'start.manager' },
    },
    {
      path: '/:rest(.*)*',
      component: () => import('./start/StartPage.vue'),
      props: { notFound: true },
      meta: { screen: 'staff', public: false, title: 'start.notFound' },
    },
  ],
});

router.afterEach((to) => {
  const root = document.documentElement;
  root.dataset.screen = to.meta.screen;
  if (to.meta.public) root.dataset.public = '';
  else delete root.dataset.public;
  document.title = i18n.global.t(to.meta.title);
});
