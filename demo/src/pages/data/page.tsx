export const Page = () => <h1>Your data</h1>;
