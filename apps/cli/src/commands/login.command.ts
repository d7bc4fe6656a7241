export async function login(_url: string, _options: { email: string }): Promise<void> {}
