import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: [".antiphon/", "dist/", "coverage/", "node_modules/", "test/fixtures/"] },
  {
    files: ["**/*.{ts,tsx}"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "max-lines": ["error", { max: 300 }],
      "max-lines-per-function": ["error", { max: 60, skipBlankLines: true, skipComments: true }],
      "max-depth": ["error", 3],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/return-await": ["error", "always"],
      // It takes mapped method tables for enums, of which there are none here.
      "@typescript-eslint/no-unsafe-enum-assignment": "off",
      // Numbers read well in messages; everything else must be made a string on purpose.
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true },
      ],
    },
  },
  {
    files: ["audio/**/*.ts", "vision/**/*.ts", "streaming/**/*.ts"],
    rules: {
      // Time comes from a clock that is passed in: the core must replay identically.
      "no-restricted-globals": ["error", "Date", "performance", "setTimeout", "setInterval", "process"],
      "no-restricted-syntax": [
        "error",
        {
          selector: "CallExpression[callee.object.name='Promise'][callee.property.name='race']",
          message: "Promise.race against a long-lived promise leaks one reaction per call.",
        },
      ],
    },
  },
  { files: ["**/*.mjs"], extends: [tseslint.configs.recommended] },
  {
    files: ["test/**/*.{ts,tsx}"],
    rules: { "max-lines-per-function": "off", "@typescript-eslint/no-non-null-assertion": "off" },
  },
);
