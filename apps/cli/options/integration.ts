export const integrationProfiles = ['scib-2025', 'scib-2024'] as const;
export const neighbourMethods = ['auto', 'exact', 'approximate'] as const;
