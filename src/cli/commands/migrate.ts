import type { House } from '../../house.ts'

/** Brings the database up to date and says so. Opening the house applies what is missing. */
export const runMigrate = async (options: {
  readonly openHouse: () => Promise<House>
  readonly output: NodeJS.WritableStream
}): Promise<number> => {
  const house = await options.openHouse()
  await house.close(0)
  options.output.write('The database is up to date.\n')
  return 0
}
