/** Chinese texts of the pages on a visitor’s phone. */
export const reason = {
  title: '评价说明',
  ask: '能说说原因吗？',
  words: '想说的话（可不填）',
  send: '提交',
  thanks: '谢谢您的说明',
  thanksAdvice: '我们会认真处理。窗口人员看不到您的评价。',
  gone: '这个二维码已失效',
  goneAdvice: '每次评价只能说明一次，并且有时限。有意见可到查询机或咨询台提出。',
};

export const myTicket = {
  title: '我的号',
  state: {
    waiting: '排队中',
    called: '请马上到窗口',
    serving: '正在办理',
    finished: '已办结',
    missed: '已过号',
    parked: '已暂存，请听工作人员安排',
    cancelled: '已作废',
    other: '正在取号',
  },
  leave: '退出排队',
  leaveSure: '退出后这个号作废，要办理需重新取号。确定退出吗？',
  leaveYes: '确定退出',
  leaveNo: '继续排队',
  rate: '{n} 号窗口的服务还没有评价，愿意评一下吗？',
  rated: '谢谢您的评价。',
  gone: '没有这个号',
  goneAdvice: '号票当日有效。请看清二维码，或到取号机重新取号',
  away: '暂时连不上大厅，正在重试。请以大屏幕为准',
  updated: '更新于 {time}',
};
