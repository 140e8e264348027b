/** Lines of a table: columns as wide as their widest cell, the first to the left, numbers to the right. */
export const formatTable = (header: readonly string[], rows: readonly (readonly string[])[]): string => {
  const all = [header, ...rows]
  const widths = header.map((_, column) => Math.max(...all.map((row) => [...(row[column] ?? '')].length)))
  const line = (row: readonly string[]): string =>
    widths
      .map((width, column) => {
        const cell = row[column] ?? ''
        const space = ' '.repeat(width - [...cell].length)
        return column === 0 ? cell + space : space + cell
      })
      .join('  ')
      .trimEnd()
  return [line(header), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n')
}

/** With thousands set apart. */
export const count = (value: number): string => Math.round(value).toLocaleString('en-US')

/** Two digits below ten, else one. */
export const decimal = (value: number): string => value.toFixed(value < 10 ? 2 : 1)
