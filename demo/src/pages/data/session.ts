export const open = () => ({ methods: {}, close() {} });
