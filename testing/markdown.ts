/**
 * The cells of the one table with these column titles, row by row. Throws where the document has
 * none, or several.
 */
export function rowsOf(document: string, ...titles: string[]): string[][] {
  const header = `| ${titles.join(' | ')} |\n|${'---|'.repeat(titles.length)}\n`;
  const [, table, ...more] = document.split(header);
  if (table === undefined || more.length > 0) {
    throw new Error(`not one table has the columns ${titles.join(', ')}`);
  }
  const [rows = ''] = table.split('\n\n');
  return rows
    .trimEnd()
    .split('\n')
    .map((row) => row.replace(/^\| ?| ?\|$/g, '').split(' | '))
    .map((cells) => cells.map((cell) => cell.trim()));
}

/** What a cell lists between its commas, without the marks of code. */
export function itemsOf(cell = ''): string[] {
  return cell === '–' || cell === ''
    ? []
    : cell.split(', ').map((item) => item.replaceAll('`', ''));
}
