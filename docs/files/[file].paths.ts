import { pageOf, shownFiles } from "../.vitepress/files.ts";

export default { paths: () => shownFiles().map(pageOf) };
