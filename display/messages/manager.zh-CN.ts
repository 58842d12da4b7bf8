/** The supervisor's page: its frame, the hall as it is now, the numbers over time. Loaded with the page. */
const manager = {
  title: '大厅管理',
  sections: '栏目',
  late: '逾期 {n}',
  section: {
    live: '实时情况',
    numbers: '统计',
    ratings: '差评处理',
    opinions: '意见台账',
    callbacks: '回访抽样',
    trace: '痕迹管理',
    surge: '应急预案',
  },
};
export default manager;
