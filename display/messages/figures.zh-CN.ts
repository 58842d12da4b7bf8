/** Tables, charts and what is taken away of them. Loaded by the pages that show some. */
const figures = {
  xlsx: '导出 Excel',
  csv: '导出 CSV',
  print: '打印',
  exports: '导出：{title}',
  saved: '已保存：{file}',
  failed: '没有导出成功，请再试一次；仍不行请换一台电脑或联系技术人员',
  empty: '没有数据',
  asTable: '看表格',
  asChart: '看图',
  chartOf: '图：{title}，共 {n} 项；数据可切换为表格查看',
  sortBy: '按“{column}”排序',
  about: {
    sheet: '说明',
    hall: '大厅',
    range: '范围',
    filter: '筛选',
    madeAt: '导出时间',
    printedAt: '打印时间',
  },
};
export default figures;
