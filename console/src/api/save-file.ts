/** A browser may still read the file for so long. */
const READ_MS = 10_000

/** Saves what the server answered as a file. */
export const saveFile = async (answer: Response, name: string): Promise<void> => {
  const url = URL.createObjectURL(await answer.blob())
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), READ_MS)
}
