export async function importLandscape(_file: string, _o: object): Promise<void> {}
export async function importBackstage(_paths: string[], _o: object): Promise<void> {}
