// esbuild turns `import './x.css'` into a style sheet beside the script.
declare module '*.css';
